"""Where documents arrive, from whatever source, and where the one in force is known: the keeper's edge."""

import asyncio
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
    Refused,
    consider,
    content_digest,
    in_force,
    refuse,
    settle,
    utc_text,
)
from gateway.policy.source.known_time import KnownTime
from gateway.policy.source.policy_store import PolicyStore
from gateway.policy.source.signature import HostKey

LOOK_S = 10.0
# Whoever may write to the topic can send refusals without end: they must not fill the log and the flash.
BETWEEN_MESSAGES_S = 1.0
BETWEEN_REFUSALS_WRITTEN_S = 60.0

_log = structlog.get_logger()

OnChange = Callable[[Held | None], None]
"""Told, in the event loop, of each document that comes into force, and of None where none is valid any more."""


class PolicyDesk:
    """Judges offers one at a time, keeps what is accepted on disk, and tells `on_change` of what is in force.

    The last document is taken up from the disk at once, when the desk is made.
    """

    def __init__(self, keys: Sequence[HostKey], store: PolicyStore, known_time: KnownTime, on_change: OnChange) -> None:
        self._keys = tuple(keys)
        self._store = store
        self._known_time = known_time
        self._on_change = on_change
        self._turn = asyncio.Lock()
        self._arrived = asyncio.Event()
        self._message: tuple[str, bytes] | None = None
        self._is_saved = True
        self._refusal_written_s: float | None = None
        self.kept, notes = store.load(self._keys)
        for note in notes:
            _log.error("a policy kept on disk cannot be used", note=note)
        self.known_unix_s = known_time.look()
        self.in_force = in_force(self.kept, self.known_unix_s)
        self._tell_change()

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
            self.known_unix_s = self._known_time.look()
            self._keep(settle(self.kept, self.known_unix_s))
            if not self._is_saved:
                await self._save()
            if self._known_time.is_due():
                await asyncio.to_thread(self._known_time.save)

    async def offer(self, offer: Offer) -> Decision:
        """Judge a document, and follow it where it is accepted."""
        async with self._turn:
            self.known_unix_s = self._known_time.look()
            # To verify and read a large one takes seconds, in which the radio's packets must go on.
            kept, decision = await asyncio.to_thread(consider, self.kept, offer, self._keys, self.known_unix_s)
            self._tell(offer.source, decision)
            self._keep(kept)
            await (self._save_refusal(decision) if isinstance(decision, Refused) else self._save())
            return decision

    async def refuse(self, source: str, reason: str) -> None:
        """Note that what a source holds cannot even be read."""
        async with self._turn:
            content = content_digest(source.encode(), reason.encode())
            kept, refused = refuse(self.kept, source, reason, content, self.known_unix_s)
            self._tell(source, refused)
            self._keep(kept)
            await self._save_refusal(refused)

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
            await self.refuse(source, str(error))
        else:
            await self.offer(Offer(source, document, signature))

    def _keep(self, kept: Kept) -> None:
        self._is_saved = self._is_saved and _on_disk(kept) == _on_disk(self.kept)
        self.kept = kept
        followed = in_force(kept, self.known_unix_s)
        if (followed and followed.digest) != (self.in_force and self.in_force.digest):
            self.in_force = followed
            self._tell_change()

    def _tell_change(self) -> None:
        if self.in_force is not None:
            policy = self.in_force.policy
            until = utc_text(policy.valid.ends_unix_s)
            _log.info("policy in force", serial=policy.serial, until=until, depositors=len(policy.depositors))
        else:
            _log.warning("no policy is in force: policy.when_none_valid says what becomes of packets")
        self._on_change(self.in_force)

    def _tell(self, source: str, decision: Decision) -> None:
        match decision:
            case Accepted():
                _log.info("policy accepted", source=source, serial=decision.serial, key=decision.key_id)
            case Pending():
                begins = utc_text(decision.until_unix_s)
                _log.info("policy accepted for later", source=source, serial=decision.serial, begins=begins)
            case Refused(is_new=True):
                _log.error("policy refused: the present one stays", source=source, reason=decision.reason)
            case _:
                _log.debug("policy offered again", source=source)

    async def _save(self) -> None:
        if self._is_saved:
            return
        try:
            await asyncio.to_thread(self._store.save, self.kept)
        except OSError as error:
            _log.error("the policy cannot be kept: a restart would not know it", reason=error.strerror)
        else:
            self._is_saved = True

    async def _save_refusal(self, refused: Refused) -> None:
        now_s = asyncio.get_running_loop().time()
        recently = self._refusal_written_s is not None and now_s - self._refusal_written_s < BETWEEN_REFUSALS_WRITTEN_S
        if not refused.is_new or recently or self.kept.last_refusal is None:
            return
        self._refusal_written_s = now_s
        try:
            await asyncio.to_thread(self._store.save_refusal, self.kept.last_refusal)
        except OSError as error:
            _log.error("the refusal cannot be kept", reason=error.strerror)


def _on_disk(kept: Kept) -> tuple[object, ...]:
    """What tells whether something is to be written; the documents themselves are large."""
    return (kept.newest, *((held.digest, held.signature) for held in kept.held))
