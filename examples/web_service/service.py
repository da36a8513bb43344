"""A web service that takes Segment webhooks, decides by rules, and tells a CRM.

    uvicorn --factory examples.web_service.service:app --port 8000

``POST /segment`` takes calls that are signed with the shared secret; a call that was answered with 200 is on disk.
Transitions go from the outbox to the CRM (``delivery``), and time passes in the background, for rules that fire because
nothing happens. ``GET /health`` and ``GET /stats`` are for operators.
"""

import asyncio
import contextlib
import datetime
import hashlib
import json
import logging
import os
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import mqlrules
from examples.web_service.delivery import Deliverer
from examples.web_service.settings import Settings, settings_of
from examples.web_service.signature import is_signed

LOG = logging.getLogger("web_service")


def app() -> Starlette:
    """The service, with the settings of the environment."""
    return make_app(settings_of(os.environ))


def make_app(settings: Settings) -> Starlette:
    """The service with these settings. Raises ``SystemExit`` for rules or a store that can't be used."""
    try:
        rules = mqlrules.load(settings.rules)
        # Finds now what is wrong with the store, and not with the first call.
        rules.engine(store=settings.store, lateness=settings.lateness).close()
    except (mqlrules.Error, OSError, ValueError) as error:
        raise SystemExit(f"web_service: {error}") from None
    service = Starlette(
        routes=[
            Route("/segment", _segment, methods=["POST"]),
            Route("/health", _health),
            Route("/stats", _stats),
        ],
        lifespan=_lifespan,
    )
    service.state.rules = rules
    service.state.settings = settings
    return service


@contextlib.asynccontextmanager
async def _lifespan(service: Starlette) -> AsyncIterator[None]:
    """Delivers and lets time pass while the service runs. At its end what is under way is finished first."""
    settings: Settings = service.state.settings
    rules: mqlrules.RuleSet = service.state.rules
    async with await rules.aengine(store=settings.store, lateness=settings.lateness) as engine:
        service.state.engine = engine
        deliverer = service.state.deliverer = Deliverer(engine, settings)
        stop = asyncio.Event()
        service.state.tasks = tasks = [
            asyncio.create_task(deliverer.run()),
            asyncio.create_task(_tick(engine, deliverer, settings.tick_seconds, stop)),
        ]
        try:
            yield
        finally:
            stop.set()
            deliverer.stop()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _tick(engine: mqlrules.AsyncEngine, deliverer: Deliverer, seconds: float, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            if await engine.advance(datetime.datetime.now(datetime.UTC)):
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
    # Before anything in it is read.
    if not is_signed(settings.secret, body, request.headers.get("x-signature")):
        return PlainTextResponse("the signature doesn't match the body and the shared secret\n", 401)
    calls = _calls(body)
    if calls is None:
        return PlainTextResponse("the body is not valid JSON\n", 400)
    engine: mqlrules.AsyncEngine = request.app.state.engine
    try:
        # Refuses calls that lie ahead of the clock, by whichever of their times counts.
        await engine.feed_segment(calls)
    except mqlrules.EventError as error:
        return PlainTextResponse(f"{error}\n", 400)
    except mqlrules.StoreError as error:
        LOG.error("calls can't be stored now: %s", error)
        return PlainTextResponse("the calls can't be stored now; send them again\n", 503, {"Retry-After": "10"})
    request.app.state.deliverer.wake()
    return JSONResponse({"taken": len(calls)})


async def _body(request: Request, largest: int) -> bytes | None:
    """The body; None if it is too large. No more than that is read."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > largest:
                return None
    except ClientDisconnect:
        # Cut off: its signature can't match.
        return b""
    return bytes(body)


def _calls(body: bytes) -> list[Any] | None:
    """The calls in a body, one or a list; None if it isn't JSON.

    A call without a ``messageId`` gets one made of its content: whoever sends it again, Segment or an attacker who has
    recorded it, doesn't make it count twice.
    """
    try:
        found = json.loads(body)
        calls = found if isinstance(found, list) else [found]
        for call in calls:
            if isinstance(call, dict) and call.get("messageId") in (None, ""):
                call["messageId"] = _content_id(call)
    except (ValueError, RecursionError):
        return None
    return calls


def _content_id(call: dict[str, Any]) -> str:
    # When it was sent differs each time it is sent, but a call with no other time needs that one.
    has_time = any(call.get(key) for key in ("timestamp", "originalTimestamp"))
    content = {key: value for key, value in call.items() if not (has_time and key in ("sentAt", "receivedAt"))}
    return f"content-{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}"


async def _health(request: Request) -> Response:
    """200 while the store answers and the background tasks run, else 503. Why is in the log, not in the answer."""
    state = request.app.state
    try:
        await state.engine.offset()
    except mqlrules.StoreError as error:
        LOG.error("the store doesn't answer: %s", error)
        return JSONResponse({"status": "the store doesn't answer"}, 503)
    if any(task.done() for task in state.tasks):
        return JSONResponse({"status": "a background task has ended"}, 503)
    return JSONResponse({"status": "ok"})


async def _stats(request: Request) -> Response:
    """Figures only: nothing says who a lead is."""
    state = request.app.state
    try:
        stats = await state.engine.stats()
    except mqlrules.StoreError:
        return JSONResponse({"status": "the store doesn't answer"}, 503)
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
            "refused_deliveries": state.deliverer.refused,
            "rules": stats.fingerprint,
        }
    )
