"""Delivering transitions to the CRM: from the outbox, in each lead's order, acknowledged once the CRM answered 2xx.

Every process that delivers claims transitions with a lease, so several can run without delivering one twice at the same
time. What the CRM can't take now (no answer, 5xx, 408, 425, 429) is tried again after 1, 2, 4 … seconds, at most five
minutes; later transitions of that lead wait for it, those of other leads don't. What it refuses for good (any other
answer) is set aside with the answer: ``engine.undeliverable()`` lists it.

If this process dies after the CRM has taken a transition and before that is acknowledged, it is delivered again with
the same ``Idempotency-Key``: the CRM ignores keys that it has seen.
"""

import asyncio
import contextlib
import datetime
import itertools
import json
import logging
import random

import attrs
import httpx

import mqlrules
from examples.web_service.settings import Settings
from examples.web_service.signature import sign

LOG = logging.getLogger("web_service.delivery")
# It would log URLs, and a CRM's may hold a token.
logging.getLogger("httpx").setLevel(logging.WARNING)

AT_ONCE = 100
"""How many transitions are claimed at a time."""

SIDE_BY_SIDE = 8
"""How many leads are delivered for at the same time."""

TRY_AGAIN = frozenset((408, 425, 429))


@attrs.define(eq=False)
class Deliverer:
    """Delivers what is pending, whenever it is woken and when something is to be tried again."""

    engine: mqlrules.AsyncEngine
    settings: Settings
    delivered: int = 0
    failed: int = 0
    refused: int = 0
    _news: asyncio.Event = attrs.field(factory=asyncio.Event)
    _stopping: bool = False

    def wake(self) -> None:
        """There may be something new in the outbox."""
        self._news.set()

    def stop(self) -> None:
        """Ends ``run`` once what is under way has been answered and acknowledged."""
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Delivers until it is stopped."""
        # A claim ends by itself if this process dies. No delivery may outlast it.
        async with httpx.AsyncClient(timeout=self.settings.lease_seconds / 6) as crm:
            while not self._stopping:
                self._news.clear()
                claimed = 0
                try:
                    claimed = await self._round(crm)
                except mqlrules.StoreError as error:
                    LOG.error("the outbox can't be read or written now: %s", error)
                if not claimed:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), self.settings.retry_seconds)

    async def _round(self, crm: httpx.AsyncClient) -> int:
        """Delivers what can be claimed now; returns how many transitions that were."""
        until = _now() + self.settings.lease_seconds / 2
        lease = datetime.timedelta(seconds=self.settings.lease_seconds)
        claims = [(each, False) for each in await self.engine.pending(AT_ONCE, lease)]
        claims += [(each, True) for each in await self.engine.withdrawn(AT_ONCE, lease)]
        claims.sort(key=lambda claim: (str(claim[0].transition.lead), claim[1], claim[0].id))
        leads = [list(group) for _, group in itertools.groupby(claims, key=lambda claim: claim[0].transition.lead)]
        limit = asyncio.Semaphore(SIDE_BY_SIDE)

        async def deliver(some: list[tuple[mqlrules.Pending, bool]]) -> None:
            async with limit:
                await self._deliver_lead(crm, some, until)

        await asyncio.gather(*map(deliver, leads))
        return len(claims)

    async def _deliver_lead(
        self, crm: httpx.AsyncClient, claims: list[tuple[mqlrules.Pending, bool]], until: float
    ) -> None:
        """Delivers the transitions of one lead in order; after one that isn't taken the others wait."""
        for number, (pending, is_withdrawn) in enumerate(claims):
            wait = 0.0
            if not self._stopping and _now() < until:
                status, why = await self._post(crm, pending, is_withdrawn)
                if why == "":
                    await self.engine.acknowledge([pending])
                    self.delivered += 1
                    continue
                if status is not None and status < 500 and status not in TRY_AGAIN:
                    await self.engine.give_up([pending], why)
                    self.refused += 1
                    LOG.error("the CRM refused transition %d for good: %s", pending.id, why)
                    continue
                self.failed += 1
                wait = min(self.settings.retry_seconds * 2 ** min(pending.attempts - 1, 30),
                           self.settings.longest_wait_seconds)  # fmt: skip
                # So that not all come at the same moment once the CRM is back.
                wait *= random.uniform(0.75, 1.0)
                LOG.warning("transition %d: %s; attempt %d, again in %.1f s", pending.id, why, pending.attempts, wait)
                await self.engine.postpone([pending], datetime.timedelta(seconds=wait), why)
                number += 1
            # The others are free at once, but wait for this one of their lead.
            await self.engine.postpone([each for each, _ in claims[number:]], "0s")
            return

    async def _post(
        self, crm: httpx.AsyncClient, pending: mqlrules.Pending, is_withdrawn: bool
    ) -> tuple[int | None, str]:
        """The CRM's status (None: no answer), and why it hasn't taken a transition; empty if it has."""
        move = pending.transition
        key = f"{'withdrawn' if is_withdrawn else 'transition'}-{pending.id}"
        message = {
            "id": key, "lead": move.lead, "from_stage": move.from_stage, "to_stage": move.to_stage,
            "at": move.at.isoformat(), "rule": move.rule, "withdrawn": is_withdrawn,
        }  # fmt: skip
        body = json.dumps(message).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self.settings.crm_secret is not None:
            headers["X-Signature"] = sign(self.settings.crm_secret, body)
        try:
            answer = await crm.post(self.settings.crm_url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return None, f"no answer ({type(error).__name__})"
        return answer.status_code, "" if answer.is_success else f"it answered {answer.status_code}"


def _now() -> float:
    return asyncio.get_running_loop().time()
