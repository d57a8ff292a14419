"""The depositors that there are at a moment, and their rights: the policy in force, as the links see it."""

from collections.abc import Mapping, Sequence

from forwarder.routing import Route
from gateway.link.gathered import DAYS_AHEAD
from gateway.link.heard import Heard
from gateway.link.looking import Subject
from gateway.link.own_servers import servers_of
from gateway.policy.document import Depositor, Policy
from gateway.policy.text.rights import End, Right, right_at, time_to_judge_by, upcoming_ends

# What ends is looked for among all groups of all depositors.
ENDS_EVERY_S = 60


class Parties:
    """Follows a policy. `policy` is the last one known, in force or not, None before there is any.

    `routes` are the ways of uplinks to servers.
    """

    def __init__(self, routes: Sequence[Route] = ()) -> None:
        self._routes = routes
        self._servers: Mapping[str, Sequence[str]] = {}
        self.policy: Policy | None = None
        self.is_in_force = False
        self._depositors: Mapping[str, Depositor] = {}
        self._known_unix_s: int | None = None
        self._ends: Mapping[str | None, Sequence[End]] = {}
        self._ends_unix_s: int | None = None

    @property
    def depositors(self) -> Mapping[str, Depositor]:
        """All of them, by their ids."""
        return self._depositors

    def follow(self, policy: Policy | None, known_unix_s: int | None, *, is_in_force: bool) -> None:
        """The policy, and the known time, at this moment."""
        if policy is not self.policy:
            self.policy = policy
            self._depositors = {} if policy is None else {each.id: each for each in policy.depositors}
            self._servers = {each.id: servers_of(each, self._routes) for each in self._depositors.values()}
            self._ends_unix_s = None
        self.is_in_force, self._known_unix_s = is_in_force, known_unix_s
        self._look_for_ends()

    def right_of(self, depositor: Depositor) -> Right | None:
        """A depositor's right; None where no policy is in force."""
        if self.policy is None or not self.is_in_force:
            return None
        return right_at(depositor, time_to_judge_by(self.policy, self._known_unix_s))

    def subjects(self, heard: Heard) -> list[Subject]:
        """Each of them as a look needs it. What was heard counts once."""
        everybodys = self._ends.get(None, ())
        return [
            Subject(
                depositor.id,
                self.right_of(depositor),
                self._servers[depositor.id],
                (*everybodys, *self._ends.get(depositor.id, ())),
                heard.news_of(depositor.id),
            )
            for depositor in self._depositors.values()
        ]

    def _look_for_ends(self) -> None:
        known_unix_s = self._known_unix_s
        if self.policy is None or not self.is_in_force or known_unix_s is None:
            self._ends, self._ends_unix_s = {}, None
        elif self._ends_unix_s is None or abs(known_unix_s - self._ends_unix_s) >= ENDS_EVERY_S:
            self._ends = _by_depositor(upcoming_ends(self.policy, known_unix_s, DAYS_AHEAD[0]))
            self._ends_unix_s = known_unix_s


def _by_depositor(ends: Sequence[End]) -> dict[str | None, list[End]]:
    """What concerns each; what concerns everybody under None."""
    found: dict[str | None, list[End]] = {}
    for end in ends:
        found.setdefault(end.depositor, []).append(end)
    return found
