"""Where documents arrive, from whatever source, and where the one in force is known: the keeper's edge."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

import structlog

from gateway.policy.source.envelope import EnvelopeError, unseal
from gateway.policy.source.keeper import (
    Accepted,
    Decision,
    Held,
    Kept,
    Offer,
    Pending,
    Refusal,
    Refused,
    consider,
    content_digest,
    in_force,
    refuse,
    use_keys,
    utc_text,
)
from gateway.policy.source.known_time import KnownTime
from gateway.policy.source.policy_store import PolicyStore
from gateway.policy.source.refusals import RefusalKeeping, RefusalLog, tell_refusal
from gateway.policy.source.signature import HostKey

LOOK_S = 10.0
# Whoever may write to the topic can send documents without end.
BETWEEN_MESSAGES_S = 1.0
# Where no policy is in force, how long until all sources are asked once more.
ASK_AGAIN_S = 3_600.0

_log = structlog.get_logger()

OnChange = Callable[[Held | None], None]
"""Told, in the event loop, of each document that comes into force, and of None where none is valid any more."""

TellRefusal = Callable[[str, str], None]
"""Logs a source and a reason."""


class PolicyDesk:
    """Judges offers one at a time, keeps what is accepted on disk, and tells `on_change` of what is in force.

    The last document is taken up from the disk at once, when the desk is made. `ask_again` has a source offer once
    more what it holds: what was refused under a wrong time may be right after all.
    """

    def __init__(
        self,
        keys: Sequence[HostKey],
        store: PolicyStore,
        known_time: KnownTime,
        on_change: OnChange,
        *,
        ask_again: Callable[[], None] | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = tuple(keys)
        self._store = store
        self._known_time = known_time
        self._on_change = on_change
        self._ask_again = ask_again
        self._now_s = now_s
        self._turn = asyncio.Lock()
        self._arrived = asyncio.Event()
        self._message: tuple[str, bytes] | None = None
        self._ended: Offer | None = None
        self._asks_soon = False
        self._asked_s = now_s()
        self._is_saved = True
        self._save_problem: str | None = None
        self._time_is_due = False
        self.kept, notes = store.load(self._keys)
        for note in notes:
            _log.error("a policy kept on disk cannot be used", note=note)
        self._refusal_log = RefusalLog(now_s)
        self._refusals = RefusalKeeping(store, now_s, self.kept.last_refusal)
        self.known_unix_s = known_time.look()
        self.in_force = in_force(self.kept, self.known_unix_s)
        self._tell_change()

    @property
    def last_refusal(self) -> Refusal | None:
        """What was refused last, if anything ever was."""
        return self.kept.last_refusal

    async def run(self) -> NoReturn:
        """Take messages up, and see when a document begins or ends, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_messages())
            while True:
                await self.look()
                await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Find out what the time has changed, and write what is to be written."""
        async with self._turn:
            self._look_at_time()
            self._keep(self.kept)
            await self._save()
            self._refusal_log.look()
            await self._refusals.look()
            if self._time_is_due or self._known_time.is_due():
                self._time_is_due = False
                await asyncio.to_thread(self._known_time.save)
            asks = self._asks_soon or (self.in_force is None and self._now_s() - self._asked_s >= ASK_AGAIN_S)
        if asks:
            await self._ask_all_again()

    async def offer(self, offer: Offer) -> Decision:
        """Judge a document, and follow it where it is accepted."""
        return await self._offer(offer, tell_refusal)

    async def refuse(self, source: str, reason: str) -> None:
        """Note that what a source holds cannot even be read."""
        await self._refuse(source, reason, tell_refusal)

    async def use_keys(self, keys: Sequence[HostKey]) -> None:
        """Believe these keys from now on; what none of them signed is followed no more."""
        async with self._turn:
            self._keys = tuple(keys)
            kept, lost = await asyncio.to_thread(use_keys, self.kept, self._keys)
            for which in lost:
                _log.error("a policy is not followed any more: no key of today signed it", policy=which)
            self._keep(kept)
            await self._save()

    def take_message(self, topic: str, payload: bytes) -> None:
        """Have the message of a topic judged soon; one that comes before that takes its place."""
        if payload:  # an empty one only clears what was retained
            self._message = (topic, payload)
            self._arrived.set()

    async def _take_messages(self) -> NoReturn:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self._message is not None:
                (topic, payload), self._message = self._message, None
                await self._offer_message(f"topic {topic}", payload)
            await asyncio.sleep(BETWEEN_MESSAGES_S)

    async def _offer_message(self, source: str, payload: bytes) -> None:
        try:
            document, signature = await asyncio.to_thread(unseal, payload)
        except EnvelopeError as error:
            await self._refuse(source, str(error), self._refusal_log.tell)
        else:
            await self._offer(Offer(source, document, signature), self._refusal_log.tell)

    async def _offer(self, offer: Offer, tell: TellRefusal) -> Decision:
        async with self._turn:
            self._look_at_time()
            # To verify and read a large one takes seconds, in which the radio's packets must go on.
            kept, decision = await asyncio.to_thread(consider, self.kept, offer, self._keys, self.known_unix_s)
            self._tell(offer.source, decision, tell)
            self._keep(kept)
            await self._save()
            if isinstance(decision, Refused):
                self._ended = offer if decision.has_ended else self._ended
                await self._keep_refusal(decision)
            return decision

    async def _refuse(self, source: str, reason: str, tell: TellRefusal) -> None:
        async with self._turn:
            content = content_digest(source.encode(), reason.encode())
            kept, refused = refuse(self.kept, source, reason, content, self.known_unix_s)
            self._tell(source, refused, tell)
            self._keep(kept)
            await self._keep_refusal(refused)

    async def _ask_all_again(self) -> None:
        """Judge once more what only the time was against, and have the sources offer what they hold."""
        self._asks_soon, self._asked_s = False, self._now_s()
        ended, self._ended = self._ended, None
        if ended is not None:
            await self.offer(ended)
        if self._ask_again is not None:
            self._ask_again()

    def _look_at_time(self) -> None:
        before, self.known_unix_s = self.known_unix_s, self._known_time.look()
        if before is not None and self.known_unix_s is not None and self.known_unix_s < before:
            self._asks_soon = True

    def _keep(self, kept: Kept) -> None:
        self._is_saved = self._is_saved and _on_disk(kept) == _on_disk(self.kept)
        self.kept = kept
        followed = in_force(kept, self.known_unix_s)
        if (followed and followed.digest) != (self.in_force and self.in_force.digest):
            self.in_force = followed
            # A restart must not find a time at which this one had not begun.
            self._time_is_due = True
            self._tell_change()
            self._asks_soon = self._asks_soon or followed is None

    def _tell_change(self) -> None:
        if self.in_force is not None:
            policy = self.in_force.policy
            until = utc_text(policy.valid.ends_unix_s)
            _log.info("policy in force", serial=policy.serial, until=until, depositors=len(policy.depositors))
        else:
            _log.warning("no policy is in force: policy.when_none_valid says what becomes of packets")
        self._on_change(self.in_force)

    def _tell(self, source: str, decision: Decision, tell_refused: TellRefusal) -> None:
        match decision:
            case Accepted():
                _log.info("policy accepted", source=source, serial=decision.serial, key=decision.key_id)
            case Pending():
                begins = utc_text(decision.until_unix_s)
                _log.info("policy accepted for later", source=source, serial=decision.serial, begins=begins)
            case Refused(is_new=True):
                tell_refused(source, decision.reason)
            case _:
                _log.debug("policy offered again", source=source)

    async def _save(self) -> None:
        if self._is_saved:
            return
        try:
            await asyncio.to_thread(self._store.save, self.kept)
        except OSError as error:
            if error.strerror != self._save_problem:
                _log.error("the policy cannot be kept: a restart would not know it", reason=error.strerror)
            self._save_problem = error.strerror
        else:
            self._is_saved = True
            if self._save_problem is not None:
                _log.info("the policy is kept again")
            self._save_problem = None

    async def _keep_refusal(self, refused: Refused) -> None:
        self._refusals.note(refused, self.kept.last_refusal)
        await self._refusals.look()


def _on_disk(kept: Kept) -> tuple[object, ...]:
    """What tells whether something is to be written; the documents themselves are large."""
    return (kept.accepted, *((held.digest, held.signature) for held in kept.held))
