"""What operators' commands do."""

from collections.abc import Awaitable, Callable, Mapping

from gateway.daemon import SetLevel
from gateway.link.messages_command import AnnounceMaintenance, Command, CommandName, CommandOutcome, SetLogLevel
from gateway.link.requests.commands import Action, CommandFailedError, CommandRefusedError
from gateway.link.requests.maintenance import announced, objection
from gateway.link.signals import Maintenance
from gateway.listener import Listener


class Actions:
    """The daemon's parts that commands are about; None where a gateway has none of them."""

    def __init__(
        self,
        listener: Listener,
        reload_policy: Callable[[], None] | None,
        set_level: SetLevel | None,
        announce: Callable[[Maintenance | None], Awaitable[None]],
        known_unix_s: Callable[[], int | None],
    ) -> None:
        self._listener = listener
        self._reload_policy = reload_policy
        self._set_level = set_level
        self._announce = announce
        self._known_unix_s = known_unix_s

    def by_name(self) -> Mapping[CommandName, Action]:
        """Those that can be done here."""
        actions: dict[CommandName, Action] = {
            CommandName.RESTART_RADIO: self._restart,
            CommandName.ANNOUNCE_MAINTENANCE: self._announce_maintenance,
        }
        if self._reload_policy is not None:
            actions[CommandName.RELOAD_POLICY] = self._reload
        if self._set_level is not None:
            actions[CommandName.LOG_LEVEL] = self._level
        return actions

    async def _reload(self, _command: Command) -> CommandOutcome:
        if self._reload_policy is not None:
            self._reload_policy()
        return CommandOutcome.BEGUN

    async def _restart(self, _command: Command) -> CommandOutcome:
        if not await self._listener.restart():
            raise CommandFailedError("the radio is not at work: it is being started already")
        return CommandOutcome.BEGUN

    async def _announce_maintenance(self, command: Command) -> CommandOutcome:
        if not isinstance(command, AnnounceMaintenance):
            raise TypeError(f"no announcement: {type(command).__name__}")
        planned = announced(command)
        problem = None if planned is None else objection(planned, self._known_unix_s())
        if problem is not None:
            raise CommandRefusedError(problem)
        await self._announce(planned)
        return CommandOutcome.DONE

    async def _level(self, command: Command) -> CommandOutcome:
        if not isinstance(command, SetLogLevel):
            raise TypeError(f"no log level: {type(command).__name__}")
        if self._set_level is not None:
            self._set_level(command.level)
        return CommandOutcome.DONE
