"""Delivering transitions to the CRM: from the outbox, in each lead's order, acknowledged once the CRM has said 2xx.

A transition that the CRM does not take stays in the outbox and is tried again, after a second, two, four, at most five
minutes; later ones of the same lead wait for it, those of others don't. If this process dies after the CRM has taken a
transition and before that is written down, it is delivered once more with the same ``Idempotency-Key``: the CRM leaves
out keys that it has seen.
"""

import asyncio
import contextlib
import json
import logging
import random

import attrs
import httpx
from starlette.concurrency import run_in_threadpool

import mqlrules
from examples.web_service.settings import Settings
from examples.web_service.signature import sign

LOG = logging.getLogger("web_service.delivery")
AT_ONCE = 1_000


@attrs.define
class _Failing:
    """A lead whose next transition was not taken: how often, and when it is tried again (seconds of the loop)."""

    attempts: int
    again_at: float


@attrs.define(eq=False)
class Deliverer:
    """Delivers what is pending, whenever it is woken and when something is to be tried again."""

    engine: mqlrules.DurableEngine
    settings: Settings
    delivered: int = 0
    failed: int = 0
    _failing: dict[str | int, _Failing] = attrs.field(factory=dict)
    _news: asyncio.Event = attrs.field(factory=asyncio.Event)
    _stopping: bool = False

    def wake(self) -> None:
        """There may be something new in the outbox."""
        self._news.set()

    def stop(self) -> None:
        """Ends ``run`` once what is on its way has been answered and acknowledged."""
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Delivers until it is stopped."""
        async with httpx.AsyncClient(timeout=10.0) as crm:
            while not self._stopping:
                self._news.clear()
                try:
                    await self._round(crm)
                except mqlrules.StoreError as error:
                    LOG.error("the outbox can't be read or written now: %s", error)
                    await asyncio.sleep(1.0)
                await self._wait()

    async def _round(self, crm: httpx.AsyncClient) -> None:
        pending = await run_in_threadpool(self.engine.pending, AT_ONCE)
        withdrawn = await run_in_threadpool(self.engine.withdrawn)
        leads = {each.transition.lead for each in (*pending, *withdrawn)}
        self._failing = {lead: failing for lead, failing in self._failing.items() if lead in leads}
        waiting: set[str | int] = set()
        for each, is_withdrawn in [(p, False) for p in pending] + [(w, True) for w in withdrawn]:
            lead = each.transition.lead
            if self._stopping:
                return
            failing = self._failing.get(lead)
            if lead in waiting or (failing is not None and failing.again_at > _now()):
                waiting.add(lead)
            elif await self._deliver(crm, each, is_withdrawn):
                await run_in_threadpool(self.engine.acknowledge, [each])
                self.delivered += 1
                self._failing.pop(lead, None)
            else:
                waiting.add(lead)

    async def _deliver(self, crm: httpx.AsyncClient, pending: mqlrules.Pending, is_withdrawn: bool) -> bool:
        """Whether the CRM has taken a transition, or that it is withdrawn."""
        move = pending.transition
        key = f"{'withdrawn' if is_withdrawn else 'transition'}-{pending.id}"
        said = {
            "id": key, "lead": move.lead, "from": move.from_stage, "to": move.to_stage, "at": move.at.isoformat(),
            "rule": move.rule, "withdrawn": is_withdrawn,
        }  # fmt: skip
        body = json.dumps(said).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self.settings.crm_secret is not None:
            headers["X-Signature"] = sign(self.settings.crm_secret, body)
        try:
            answer = await crm.post(self.settings.crm_url, content=body, headers=headers)
            why = "" if answer.is_success else f"it answered {answer.status_code}"
        except httpx.HTTPError as error:
            why = f"no answer ({type(error).__name__})"
        if not why:
            return True
        self.failed += 1
        attempts = 1 if (before := self._failing.get(move.lead)) is None else before.attempts + 1
        wait = min(self.settings.retry_seconds * 2 ** min(attempts - 1, 30), self.settings.longest_wait_seconds)
        # Not all at the same moment, once the CRM is back.
        wait *= random.uniform(0.75, 1.0)
        self._failing[move.lead] = _Failing(attempts, _now() + wait)
        LOG.warning("the CRM has not taken %s, %s; attempt %d, again in %.1f s", key, why, attempts, wait)
        return False

    async def _wait(self) -> None:
        """Until there is news, or something is to be tried again; a minute at most, should another process feed."""
        next_try = min((failing.again_at for failing in self._failing.values()), default=_now() + 60.0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), min(60.0, max(0.01, next_try - _now())))


def _now() -> float:
    return asyncio.get_running_loop().time()
