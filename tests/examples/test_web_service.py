"""The web service of the examples, over real HTTP: a process of its own, and a CRM that the tests play."""

import contextlib
import datetime
import http.client
import inspect
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs
import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")

import mqlrules
from examples.web_service.settings import settings_of
from examples.web_service.signature import is_signed, sign

ROOT = Path(__file__).parents[2]
SECRET = b"a secret of two"
CRM_SECRET = b"another"
PATIENCE = 60.0

Answer = Callable[[int], int] | Callable[[int, dict[str, Any]], int]
"""Given how many deliveries there were before, and perhaps the message, the status that the CRM answers with."""


class CRM:
    """A CRM on a port of its own. ``deliveries`` are the bodies that it was sent, with what it answered."""

    def __init__(self, answer: Answer) -> None:
        self.answer: Callable[..., int] = answer
        self.arguments = len(inspect.signature(answer).parameters)
        self.lock = threading.Lock()
        self.deliveries: list[tuple[dict[str, Any], int]] = []
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = json.loads(body)
                assert said["id"] == self.headers["Idempotency-Key"]
                assert is_signed(CRM_SECRET, body, self.headers["X-Signature"])
                with crm.lock:
                    before = len(crm.deliveries)
                    arguments = (before, said)[: crm.arguments]
                    status = crm.answer(*arguments)
                    crm.deliveries.append((said, status))
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/stages"

    def taken(self) -> list[dict[str, Any]]:
        return [said for said, status in self.deliveries if 200 <= status < 300]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@attrs.define(eq=False)
class Service:
    """The service as a process."""

    port: int
    process: subprocess.Popen[str]

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def post(self, body: bytes, signature: str | None = None) -> tuple[int, str]:
        return self.ask(
            "POST", "/segment", body, {"X-Signature": sign(SECRET, body) if signature is None else signature}
        )

    def send(self, *calls: dict[str, Any]) -> None:
        for call in calls:
            assert (200, '{"taken":1}') == self.post(json.dumps(call).encode())

    def stats(self) -> dict[str, Any]:
        status, text = self.ask("GET", "/stats")
        assert status == 200
        found: dict[str, Any] = json.loads(text)
        return found


def call(type: str, number: str, **more: Any) -> dict[str, Any]:
    """A call of the Segment spec, made now."""
    now = datetime.datetime.now(datetime.UTC).isoformat()
    return {"type": type, "messageId": f"message-{number}", "timestamp": now, **more}


def demo(lead: str) -> dict[str, Any]:
    return call("track", f"demo-{lead}", event="Requested Demo", userId=lead)


@contextlib.contextmanager
def running(folder: Path, crm_url: str, **more: str) -> Iterator[Service]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MQL_STORE": f"sqlite:///{folder}/leads.db",
        "MQL_SEGMENT_SECRET": SECRET.decode(),
        "MQL_CRM_URL": crm_url,
        "MQL_CRM_SECRET": CRM_SECRET.decode(),
        "MQL_LATENESS": "0s",
        "MQL_TICK_SECONDS": "3600",
        "MQL_RETRY_SECONDS": "0.1",
        "MQL_LEASE_SECONDS": "6",
        **more,
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "examples.web_service.service:app", "--port", str(port)]
    with (folder / "log.txt").open("a") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, text=True)
    service = Service(port, process)
    try:
        until(lambda: _is_up(service), folder)
        yield service
    finally:
        process.kill()
        process.wait()


def _is_up(service: Service) -> bool:
    assert service.process.poll() is None, "the service has ended"
    try:
        return service.ask("GET", "/health") == (200, '{"status":"ok"}')
    except OSError:
        return False


def until(true: Callable[[], bool], folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, (folder / "log.txt").read_text()
        time.sleep(0.02)


@pytest.fixture(scope="module")
def always() -> Iterator[CRM]:
    """A CRM that takes everything."""
    crm = CRM(lambda _: 204)
    yield crm
    crm.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def service(folder: Path, always: CRM) -> Iterator[Service]:
    with running(folder, always.url) as found:
        yield found


# -- what comes in -------------------------------------------------------------------------------------------------


def test_segment_calls_become_a_transition_that_the_crm_is_told(service: Service, always: CRM, folder: Path) -> None:
    page = {"properties": {"path": "/pricing/team"}, "anonymousId": "cookie-1"}
    service.send(
        call("page", "1", **page),
        call("page", "2", **page),
        call("track", "3", event="Attended Webinar", anonymousId="cookie-1"),
        call("identify", "4", userId="mara", anonymousId="cookie-1", traits={"plan": "trial"}),
        call("group", "5", userId="mara", groupId="g", traits={"employees": 20}),
        call("alias", "6", previousId="mara", userId="mara-2"),
        demo("mara-2"),
    )
    until(lambda: any(said["to_stage"] == "SQL" for said in always.taken()), folder)
    # By which of her names she was told of first depends on whether the CRM was faster than the next call.
    told = [(said["from_stage"], said["to_stage"], said["rule"]) for said in always.taken() if not said["withdrawn"]]
    assert [("anonymous", "MQL", "warm"), ("MQL", "SQL", "demo")] == told
    assert "mara-2" == always.taken()[-1]["lead"]


def test_a_call_that_comes_again_changes_nothing(service: Service) -> None:
    again = call("track", "again", event="Visited Homepage", userId="theo")
    service.send(again)
    before = service.stats()
    service.send(again, again)
    after = service.stats()
    assert before["events"] == after["events"]
    assert before["repeated"] + 2 == after["repeated"]


def test_a_call_without_an_id_that_comes_again_changes_nothing(service: Service) -> None:
    """Somebody who has recorded a signed call can't make it count twice; sending it again doesn't, either."""
    again = call("track", "x", event="Visited Homepage", userId="zoe")
    del again["messageId"]
    before = service.stats()
    service.send(again, again, {**again, "sentAt": datetime.datetime.now(datetime.UTC).isoformat()})
    service.send({**again, "properties": {"page": 2}})
    after = service.stats()
    assert (2, 2) == (after["events"] - before["events"], after["repeated"] - before["repeated"])


@pytest.mark.parametrize("signature", ["", "0" * 40, "é", sign(b"wrong", b"{}")])
def test_a_wrong_signature_is_refused_and_nothing_is_stored(service: Service, signature: str) -> None:
    before = service.stats()
    body = json.dumps(demo("nobody")).encode()
    headers = {"X-Signature": signature.encode("utf-8").decode("latin-1")} if signature else {}
    status, said = service.ask("POST", "/segment", body, headers)
    assert (401, "the signature doesn't match the body and the shared secret\n") == (status, said)
    assert before == service.stats()


def test_a_body_that_was_changed_on_its_way_is_refused(service: Service) -> None:
    body = json.dumps(demo("nobody")).encode()
    assert service.post(body.replace(b"nobody", b"mara"), sign(SECRET, body))[0] == 401


NOW = datetime.datetime.now(datetime.UTC).isoformat()
MALFORMED = {
    "nothing": (b"", "not valid JSON"),
    "no JSON": (b"{", "not valid JSON"),
    "no text": (b"\xff\xfe{}", "not valid JSON"),
    "nested": (b"[" * 100_000, "not valid JSON"),
    "a number": (b"7", "not a JSON object"),
    "no type": (b"{}", "no type of call"),
    "another type": (b'{"type": "delete"}', "not a call of the Segment spec"),
    "no lead": (b'{"type": "track", "event": "x", "timestamp": "2026-01-01"}', "no lead"),
    "no time": (b'{"type": "track", "event": "x", "userId": "u"}', "no time"),
    "a wrong time": (b'{"type": "track", "event": "x", "userId": "u", "timestamp": "soon"}', "not a valid time"),
    "another day": (b'{"type": "track", "event": "x", "userId": "u", "timestamp": "2999-01-01T00:00:00Z"}', "ahead"),
    "original time": (
        b'{"type": "track", "event": "x", "userId": "u", "originalTimestamp": "2099-01-01T00:00:00Z"}',
        "ahead",
    ),
    "sent ahead": (b'{"type": "identify", "userId": "u", "sentAt": "2099-01-01T00:00:00Z"}', "ahead"),
    "received ahead": (b'{"type": "page", "userId": "u", "receivedAt": "2099-01-01T00:00:00Z"}', "ahead"),
    "no name": (json.dumps({"type": "track", "userId": "u", "timestamp": NOW}).encode(), "no event name"),
    "properties": (
        json.dumps({"type": "track", "event": "x", "userId": "u", "timestamp": NOW, "properties": [1]}).encode(),
        "properties is not a JSON object",
    ),
    "one of two": (
        json.dumps([{"type": "track", "event": "x", "userId": "u", "timestamp": NOW}, 1]).encode(),
        "call 2",
    ),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_body_is_refused_in_plain_words(service: Service, kind: str) -> None:
    body, words = MALFORMED[kind]
    before = service.stats()
    status, said = service.post(body)
    assert status == 400
    assert words in said
    assert len(said.splitlines()) == 1
    assert before == service.stats()


def test_a_body_that_is_too_large_is_not_read_to_its_end(service: Service) -> None:
    assert (413, "the body has more than 2,000,000 bytes\n") == service.post(b"x" * 2_000_001)


def test_figures_say_nothing_of_anybody(service: Service) -> None:
    service.send(demo("lena@example.com"))
    assert "lena" not in service.ask("GET", "/stats")[1]


# -- what goes out -------------------------------------------------------------------------------------------------


def test_a_crm_that_fails_is_asked_again_with_the_same_key_until_it_takes_it(tmp_path: Path) -> None:
    crm = CRM(lambda before: 503 if before < 3 else 200)
    try:
        with running(tmp_path, crm.url) as service:
            service.send(demo("kim"))
            until(lambda: service.stats()["pending"] == 0, tmp_path)
            assert service.stats()["failed_deliveries"] == 3
        assert [503, 503, 503, 200] == [status for _, status in crm.deliveries]
        assert 1 == len({said["id"] for said, _ in crm.deliveries})
    finally:
        crm.close()


def test_what_the_crm_refuses_for_good_does_not_stop_delivery(tmp_path: Path) -> None:
    """More of it than is claimed at a time."""
    crm = CRM(lambda before: 410 if before < 250 else 200)
    try:
        with running(tmp_path, crm.url) as service:
            body = json.dumps([demo(f"lead-{number}") for number in range(260)]).encode()
            assert 200 == service.post(body)[0]
            until(lambda: service.stats()["pending"] == 0, tmp_path)
            stats = service.stats()
            assert (10, 250) == (stats["delivered"], stats["refused_deliveries"])
        rules = mqlrules.load(ROOT / "examples/web_service/rules")
        with rules.engine(store=tmp_path / "leads.db") as engine:
            given_up = engine.undeliverable()
            assert {"it answered 410"} == {each.note for each in given_up}
            assert 250 == engine.retry(given_up)
    finally:
        crm.close()


def test_a_lead_that_the_crm_cannot_take_now_holds_up_nobody_else(tmp_path: Path) -> None:
    taken: list[str] = []

    def answer(_: int, said: dict[str, Any]) -> int:
        taken.append(said["lead"])
        return 503 if said["lead"] == "kim" else 200

    crm = CRM(answer)
    try:
        with running(tmp_path, crm.url) as service:
            service.send(demo("kim"), *(demo(f"lead-{number}") for number in range(20)))
            until(lambda: service.stats()["delivered"] == 20, tmp_path)
            assert 1 == service.stats()["pending"]
        assert taken.count("kim") >= 1
        assert all(taken.count(f"lead-{number}") == 1 for number in range(20))
    finally:
        crm.close()


def test_two_services_on_one_store_deliver_each_transition_once(tmp_path: Path) -> None:
    crm = CRM(lambda _: 200)
    (tmp_path / "other").mkdir()
    try:
        with running(tmp_path, crm.url) as one:
            store = f"sqlite:///{tmp_path}/leads.db"
            with running(tmp_path / "other", crm.url, MQL_STORE=store) as other:
                for number in range(30):
                    (one, other)[number % 2].send(demo(f"lead-{number}"))
                until(lambda: one.stats()["pending"] == 0, tmp_path)
        assert 30 == len(crm.deliveries) == len({said["id"] for said, _ in crm.deliveries})
    finally:
        crm.close()


def test_health_says_nothing_of_why_the_store_does_not_answer(tmp_path: Path) -> None:
    crm = CRM(lambda _: 200)
    try:
        with running(tmp_path, crm.url) as service:
            with sqlite3.connect(tmp_path / "leads.db") as connection:
                connection.execute("DROP TABLE mqlrules_offsets")
            connection.close()
            assert (503, '{"status":"the store doesn\'t answer"}') == service.ask("GET", "/health")
        assert "mqlrules_offsets" in (tmp_path / "log.txt").read_text()
    finally:
        crm.close()


def test_settings_do_not_show_their_secrets() -> None:
    given = {"MQL_STORE": "postgresql://a:hidden@b/c", "MQL_SEGMENT_SECRET": "hidden", "MQL_CRM_URL": "http://hidden"}
    assert "hidden" not in repr(settings_of({**given, "MQL_CRM_SECRET": "hidden"}))


def test_a_service_that_is_killed_before_it_acknowledges_delivers_again_with_the_same_key(tmp_path: Path) -> None:
    process: list[subprocess.Popen[str]] = []

    def answer(before: int) -> int:
        if before == 0:
            # The CRM has it; the service never hears of that.
            os.kill(process[0].pid, signal.SIGKILL)
            process[0].wait()
        return 200

    crm = CRM(answer)
    try:
        with running(tmp_path, crm.url) as service:
            process.append(service.process)
            service.send(call("page", "1", userId="kim", properties={"path": "/"}))
            with contextlib.suppress(OSError, http.client.HTTPException):
                service.post(json.dumps(demo("kim")).encode())
            assert -signal.SIGKILL == service.process.wait(PATIENCE)
        until(lambda: len(crm.deliveries) == 1, tmp_path)
        with running(tmp_path, crm.url) as service:
            # Segment calls again where it has had no answer.
            service.send(demo("kim"))
            until(lambda: service.stats()["pending"] == 0, tmp_path)
            stats = service.stats()
        assert (2, 1) == (stats["events"], stats["transitions"])
        assert ["SQL", "SQL"] == [said["to_stage"] for said, _ in crm.deliveries]
        assert 1 == len({said["id"] for said, _ in crm.deliveries})
    finally:
        crm.close()


def test_a_service_that_is_asked_to_end_finishes_its_delivery_and_time_passes_in_the_next(tmp_path: Path) -> None:
    answering = threading.Event()

    def answer(_: int) -> int:
        answering.set()
        time.sleep(0.5)
        return 200

    crm = CRM(answer)
    rules = tmp_path / "rules.mql"
    rules.write_text("rule demo: requested demo => SQL\nrule quiet: began trial then no invited for 2s => MEL\n")
    try:
        with running(tmp_path, crm.url, MQL_RULES=str(rules)) as service:
            service.send(call("track", "1", event="Began Trial", userId="theo"), demo("kim"))
            assert answering.wait(PATIENCE)
            service.process.send_signal(signal.SIGTERM)
            service.process.wait(PATIENCE)
        assert ["kim"] == [said["lead"] for said in crm.taken()]
        with running(tmp_path, crm.url, MQL_RULES=str(rules), MQL_TICK_SECONDS="0.1") as service:
            until(lambda: len(crm.taken()) == 2 and service.stats()["pending"] == 0, tmp_path)
        assert [("kim", "SQL"), ("theo", "MEL")] == [(said["lead"], said["to_stage"]) for said in crm.taken()]
        assert "Traceback" not in (tmp_path / "log.txt").read_text()
    finally:
        crm.close()


# -- its environment -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "set MQL_STORE, MQL_SEGMENT_SECRET, MQL_CRM_URL"),
        ({"MQL_STORE": "s", "MQL_SEGMENT_SECRET": "x", "MQL_CRM_URL": "crm"}, "MQL_CRM_URL is not a valid URL"),
        (
            {"MQL_STORE": "s", "MQL_SEGMENT_SECRET": "x", "MQL_CRM_URL": "http://crm", "MQL_TICK_SECONDS": "often"},
            "MQL_TICK_SECONDS must be a number of seconds, got 'often'",
        ),
    ],
)
def test_an_environment_that_lacks_something_is_told_in_plain_words(given: dict[str, str], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        settings_of(given)
