"""A web service that takes Segment webhooks, decides by rules, and tells a CRM.

    uvicorn --factory examples.web_service.service:app --port 8000

``POST /segment`` takes calls, signed with the shared secret; a call has been taken once it is on the disk. Transitions
go from the outbox to the CRM (``delivery``), and time passes in the background, for rules that fire because nothing
happens. ``GET /health`` and ``GET /stats`` are for whoever looks after it.
"""

import asyncio
import contextlib
import datetime
import json
import logging
import os
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import mqlrules
from examples.web_service.delivery import Deliverer
from examples.web_service.settings import Settings, settings_of
from examples.web_service.signature import is_signed

LOG = logging.getLogger("web_service")
AHEAD = datetime.timedelta(hours=1)
"""A clock may be wrong by so much; a time further ahead would let time pass for everybody."""


def app() -> Starlette:
    """The service, as its environment says."""
    return make_app(settings_of(os.environ))


def make_app(settings: Settings) -> Starlette:
    """The service with these settings. Raises ``SystemExit`` for rules or a store that can't be used."""
    try:
        rules = mqlrules.load(settings.rules)
        engine = rules.engine(store=settings.store, lateness=settings.lateness)
    except (mqlrules.RuleError, mqlrules.StoreError, OSError, ValueError) as error:
        raise SystemExit(f"web_service: {error}") from None
    service = Starlette(
        routes=[
            Route("/segment", _segment, methods=["POST"]),
            Route("/health", _health),
            Route("/stats", _stats),
        ],
        lifespan=_lifespan,
    )
    service.state.engine = engine
    service.state.settings = settings
    return service


@contextlib.asynccontextmanager
async def _lifespan(service: Starlette) -> AsyncIterator[None]:
    """Delivers and lets time pass while the service runs. At its end what is on its way is finished first."""
    engine: mqlrules.DurableEngine = service.state.engine
    deliverer = service.state.deliverer = Deliverer(engine, service.state.settings)
    stop = asyncio.Event()
    service.state.tasks = tasks = [
        asyncio.create_task(deliverer.run()),
        asyncio.create_task(_tick(engine, deliverer, service.state.settings.tick_seconds, stop)),
    ]
    try:
        yield
    finally:
        stop.set()
        deliverer.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        await run_in_threadpool(engine.close)


async def _tick(engine: mqlrules.DurableEngine, deliverer: Deliverer, seconds: float, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            if await engine.aadvance(datetime.datetime.now(datetime.UTC)):
                deliverer.wake()
        except mqlrules.StoreError as error:
            LOG.error("time can't pass now: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


# -- answers -------------------------------------------------------------------------------------------------------


async def _segment(request: Request) -> Response:
    settings: Settings = request.app.state.settings
    body = await _body(request, settings.largest_body)
    if body is None:
        return PlainTextResponse(f"the body has more than {settings.largest_body:,} bytes\n", 413)
    # Before anything in it is looked at.
    if not is_signed(settings.secret, body, request.headers.get("x-signature")):
        return PlainTextResponse("the signature is not that of the body under the shared secret\n", 401)
    calls = _calls(body)
    if isinstance(calls, str):
        return PlainTextResponse(f"{calls}\n", 400)
    engine: mqlrules.DurableEngine = request.app.state.engine
    try:
        await run_in_threadpool(engine.feed_segment, calls)
    except mqlrules.EventError as error:
        return PlainTextResponse(f"{error}\n", 400)
    except mqlrules.StoreError as error:
        LOG.error("calls can't be kept now: %s", error)
        return PlainTextResponse("the calls can't be kept now; send them again\n", 503, {"Retry-After": "10"})
    request.app.state.deliverer.wake()
    return JSONResponse({"taken": len(calls)})


async def _body(request: Request, largest: int) -> bytes | None:
    """The body; None if it is larger than any should be. No more is read than that."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > largest:
                return None
    except ClientDisconnect:
        # Cut off: its signature can't be right.
        return b""
    return bytes(body)


def _calls(body: bytes) -> list[dict[str, Any]] | str:
    """The calls in a body, one or a list; or what is wrong with it."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is no JSON"
    calls = found if isinstance(found, list) else [found]
    latest = (datetime.datetime.now(datetime.UTC) + AHEAD).isoformat()
    for number, call in enumerate(calls, start=1):
        if not isinstance(call, dict):
            return f"call {number} can't be taken: no JSON object"
        if isinstance(time := call.get("timestamp"), str) and _is_after(time, latest):
            return f"call {number} can't be taken: its timestamp lies ahead by more than an hour"
    return calls


def _is_after(time: str, latest: str) -> bool:
    try:
        found = datetime.datetime.fromisoformat(time)
    except ValueError:
        # The engine says what is wrong with it.
        return False
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.UTC)
    return found > datetime.datetime.fromisoformat(latest)


async def _health(request: Request) -> Response:
    """200 while the store answers and the work in the background goes on, else 503."""
    state = request.app.state
    try:
        await run_in_threadpool(lambda: state.engine.offset)
    except mqlrules.StoreError as error:
        return JSONResponse({"status": "the store does not answer", "why": str(error)}, 503)
    if any(task.done() for task in state.tasks):
        return JSONResponse({"status": "the work in the background has ended"}, 503)
    return JSONResponse({"status": "ok"})


async def _stats(request: Request) -> Response:
    """Figures alone; nothing of whom they are about."""
    state = request.app.state
    try:
        stats = await run_in_threadpool(state.engine.stats)
    except mqlrules.StoreError:
        return JSONResponse({"status": "the store does not answer"}, 503)
    return JSONResponse(
        {
            "leads": stats.leads,
            "events": stats.events,
            "repeated": stats.repeated,
            "held": stats.held,
            "dead_letters": stats.dead_letters,
            "transitions": stats.transitions,
            "pending": stats.pending,
            "delivered": state.deliverer.delivered,
            "failed_deliveries": state.deliverer.failed,
            "rules": stats.fingerprint,
        }
    )
