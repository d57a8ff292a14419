"""Operators' commands in the daemon: each is answered once, and carried out once. All of it in the event loop."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

import msgspec
import structlog

from gateway.broker.settings import Message
from gateway.link.inbound import Refusal, read_command
from gateway.link.instant import Instant
from gateway.link.messages import encode, eui_text, utc_text
from gateway.link.messages_command import Command, CommandName, CommandOutcome, CommandReply
from gateway.link.requests.command_memory import Asker, CommandMemory, Key, Known, digest
from gateway.link.requests.say import Say
from gateway.link.topic import Channel, Place, Topics

MOST_WAITING = 16
LIMIT_S = 30.0
NOT_ALLOWED = "not allowed here: topics.commands of gateway.toml does not list it"
NOT_CONFIGURED = "this gateway has nothing that it could be done to: see gateway.toml"
OTHER_COMMAND = "another command has the same correlation and was answered already: give each its own"
TOO_MANY = f"{MOST_WAITING} commands wait already: ask again when they are answered"
STOPPING = "the gateway is stopping, and nothing was done: ask again when it is back"
INTERRUPTED = "the gateway stopped meanwhile: how far it came is not known"

_log = structlog.get_logger()

Action = Callable[[Command], Awaitable[CommandOutcome]]
"""Does what a command says. Raises CommandRefusedError and CommandFailedError, and nothing else."""
OnDone = Callable[[str, Command | None, CommandReply], None]
"""Told of each command that was done or refused, once: its name, what it says if it could be read, and the reply."""


class CommandFailedError(Exception):
    """It was tried; the text says why it failed."""


class CommandRefusedError(Exception):
    """Nothing was done; the text says what to mend."""


class CommandCounters(msgspec.Struct, frozen=True):
    """What came since the start. `ignored` was retained, or on a topic that is no command's; `again` came before."""

    done: int
    failed: int
    refused: int
    again: int
    ignored: int


class _Job(msgspec.Struct, frozen=True):
    name: str
    command: Command | Refusal
    asker: Asker
    key: Key | None

    @property
    def taken(self) -> Command | None:
        """What it says, if it could be read."""
        return None if isinstance(self.command, Refusal) else self.command


class CommandDesk:
    """Takes the commands of one gateway, and carries out one at a time while `run` runs.

    `allowed` are those that gateway.toml allows; `actions` do them, and one without an action is refused. An action
    that takes longer than `limit_s` is cancelled, and has failed.
    """

    def __init__(
        self,
        topics: Topics,
        allowed: frozenset[CommandName],
        actions: Mapping[CommandName, Action],
        say: Say,
        *,
        now: Callable[[], Instant],
        on_done: OnDone,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._topics = topics
        self._allowed = allowed
        self._actions = actions
        self._say = say
        self._now = now
        self._on_done = on_done
        self._limit_s = limit_s
        self._waiting: deque[_Job] = deque()
        self._something = asyncio.Event()
        self._memory = CommandMemory()
        self._is_ended = False
        self._outcomes = dict.fromkeys(CommandOutcome, 0)
        self._again = self._ignored = 0

    @property
    def counters(self) -> CommandCounters:
        """A snapshot."""
        return CommandCounters(
            done=self._outcomes[CommandOutcome.DONE] + self._outcomes[CommandOutcome.BEGUN],
            failed=self._outcomes[CommandOutcome.FAILED],
            refused=self._outcomes[CommandOutcome.REFUSED],
            again=self._again,
            ignored=self._ignored,
        )

    def take(self, message: Message) -> None:
        """Take a message of `Topics.all_commands`. It is answered now or later; never raises, and waits for nothing."""
        place = self._topics.parse(message.topic)
        if message.retained or place is None or place.channel is not Channel.COMMAND or place.command is None:
            self._ignore(message)
            return
        job = self._job(place, place.command, message)
        known = None if job.key is None else self._memory.find(job.key, self._now().ms)
        if known is not None:
            self._take_again(job, known, message.payload)
            return
        if job.key is not None:
            self._memory.put(job.key, Known(digest(message.payload), self._now().ms, [job.asker]))
        reason = self._objection(job)
        if reason is not None:
            self._answer(job, CommandOutcome.REFUSED, reason)
            return
        self._waiting.append(job)
        self._something.set()

    async def run(self) -> NoReturn:
        """Carry out what was taken, until cancelled. What then waits is refused, and so is all that comes later."""
        try:
            while True:
                while not self._waiting:
                    self._something.clear()
                    await self._something.wait()
                await self._carry_out(self._waiting.popleft())
        finally:
            self._is_ended = True
            while self._waiting:
                self._answer(self._waiting.popleft(), CommandOutcome.REFUSED, STOPPING)

    def _job(self, place: Place, name: str, message: Message) -> _Job:
        command = read_command(name, message.payload)
        asker = Asker(self._topics.answer_to(place, message.response_topic), message.correlation_data)
        correlation = command.correlation_id or message.correlation_data
        return _Job(name, command, asker, (message.topic, correlation) if correlation else None)

    def _objection(self, job: _Job) -> str | None:
        """Why a command is not even tried."""
        asked = next((name for name in CommandName if name.value == job.name), None)
        if asked is not None and asked not in self._allowed:
            return NOT_ALLOWED
        if isinstance(job.command, Refusal):
            return job.command.detail
        if asked not in self._actions:
            return NOT_CONFIGURED
        if self._is_ended:
            return STOPPING
        return TOO_MANY if len(self._waiting) >= MOST_WAITING else None

    def _take_again(self, job: _Job, known: Known, payload: bytes) -> None:
        """Answer as the first time, or when the first one is answered; one that says something else is not done."""
        if not known.is_of(payload):
            self._answer(msgspec.structs.replace(job, key=None), CommandOutcome.REFUSED, OTHER_COMMAND)
            return
        self._again += 1
        if known.reply is not None:
            self._reply(job.asker, known.reply)
        elif not known.add(job.asker):
            _log.warning("a command came too often to be answered each time", command=job.name)

    async def _carry_out(self, job: _Job) -> None:
        # What is said if the gateway ends in the middle of it, whatever the reason.
        result: tuple[CommandOutcome, str | None] = (CommandOutcome.FAILED, INTERRUPTED)
        try:
            result = await self._tried(job)
        finally:
            self._answer(job, *result)

    async def _tried(self, job: _Job) -> tuple[CommandOutcome, str | None]:
        if isinstance(job.command, Refusal):  # answered already
            raise TypeError(job.name)
        action = self._actions[CommandName(job.name)]
        limit = asyncio.timeout(self._limit_s)
        try:
            async with limit:
                return await action(job.command), None
        except CommandRefusedError as error:
            return CommandOutcome.REFUSED, str(error)
        except CommandFailedError as error:
            return CommandOutcome.FAILED, str(error)
        except TimeoutError:
            if not limit.expired():
                raise
            return CommandOutcome.FAILED, f"it had not ended after {self._limit_s:g} s, and was given up"

    def _answer(self, job: _Job, outcome: CommandOutcome, reason: str | None) -> None:
        """Reply, once for a command, to all who asked for it meanwhile."""
        now = self._now()
        reply = CommandReply(
            gateway_eui=eui_text(self._topics.gateway_eui),
            at=None if now.unix_ms is None else utc_text(now.unix_ms),
            clock_sure=now.unix_ms is not None,
            command=job.name,
            outcome=outcome,
            reason=reason,
            correlation_id=job.command.correlation_id,
        )
        known = None if job.key is None else self._memory.find(job.key, now.ms)
        askers = [job.asker] if known is None else known.askers
        if job.key is not None:
            self._memory.answered(job.key, reply, now.ms)
        self._outcomes[outcome] += 1
        _log.info("a command of the operators", command=job.name, outcome=outcome.value, reason=reason)
        for asker in askers:
            self._reply(asker, reply)
        self._on_done(job.name, job.taken, reply)

    def _reply(self, asker: Asker, reply: CommandReply) -> None:
        self._say(asker.topic, encode(reply), correlation_data=asker.correlation_data)

    def _ignore(self, message: Message) -> None:
        self._ignored += 1
        if self._ignored == 1:
            reason = "it was retained: publish commands without -r" if message.retained else "no command's topic"
            _log.warning("a command is ignored", topic=message.topic, reason=reason)
