"""What a policy would have made of recorded traffic: who would have been refused, when, and why. Pure.

The frames take the way of live packets: the same admission, with accounts of its own that begin empty. Ledger time is
the recorded time. Each is judged once more without any limit: what the accounts then come to tells the tightest limits
that would have refused nobody.

A line's DevEUI binds its DevAddr from this line on. What a device sent before has an account of its own: no network
server says later whose it was.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from forwarder.phypayload import DataFrame, JoinRequest
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import Allowance
from gateway.policy.claim import Claim, DeviceKey
from gateway.policy.document import Depositor, Group, Mode, Period, Policy, UnknownAction
from gateway.policy.identity.bindings import Bindings
from gateway.policy.moment import Moment
from gateway.policy.outcome import ADMISSIONS, Level, Outcome
from gateway.policy.rules import NOBODY, Rules
from gateway.policy.study.tightest import NO_LIMITS, Need, Needs, Tightest, device_of, tightest
from gateway.policy.text.rights import Validity, validity_at
from gateway.policy.text.wording import device_text
from gateway.policy.verdict import Verdict
from gateway.traffic.line import HeardFrame
from radio.packets import CrcStatus

MOST_NAMED = 10
ALWAYS = Period(0, 1 << 62)


class Refusals(msgspec.Struct):
    """Frames refused for one reason at one level, which is None where no limit refused them."""

    outcome: Outcome
    level: Level | None
    frames: int
    first_ms: int
    last_ms: int


class Named(msgspec.Struct, frozen=True):
    """A device, and how many of its frames are meant."""

    device: str
    frames: int


class Counts(msgspec.Struct, frozen=True):
    """What became of the frames of somebody; each is counted once, as admitted, repetition, join or refused."""

    devices: int = 0
    heard: int = 0
    admitted: int = 0
    repetitions: int = 0
    joins: int = 0
    refused: int = 0
    refusals: tuple[Refusals, ...] = ()
    most_refused: tuple[Named, ...] = ()


class GroupReport(msgspec.Struct, frozen=True):
    """A group's frames, and the limits that would have sufficed for each of its devices, and for all together."""

    id: str
    name: str
    counts: Counts
    tightest_per_device: Tightest[str]
    tightest: Allowance


class DepositorReport(msgspec.Struct, frozen=True):
    """A depositor's frames, and the limits that would have sufficed for all its devices together."""

    id: str
    name: str
    mode: Mode
    counts: Counts
    groups: tuple[GroupReport, ...]
    tightest: Allowance


class Report(msgspec.Struct, frozen=True):
    """What became of each frame. `shared` are those that devices of several depositors may have sent.

    `nobodys` are the other frames that are no depositor's, by outcome; `most_unknown` sent the most of them that no
    depositor declared. `out_of_order` frames came later in the recording than a frame that was heard after them.
    """

    frames: int
    begins_ms: int | None
    ends_ms: int | None
    out_of_order: int
    rights: bool
    depositors: tuple[DepositorReport, ...]
    shared: Counts
    nobodys: dict[Outcome, int]
    unknown_action: UnknownAction
    unknown_devices: int
    most_unknown: tuple[Named, ...]


def replay(policy: Policy, frames: Iterable[HeardFrame], *, rights: bool = False) -> Report:
    """Judge the frames in the order of their times. `rights` looks at the validity of document and rights, too."""
    recorded = list(frames)
    ordered = sorted(recorded, key=lambda heard: heard.t_ms)
    course = _Course(policy if rights else without_periods(policy), rights=rights)
    for heard in ordered:
        course.take(heard)
    return Report(
        frames=len(ordered),
        begins_ms=ordered[0].t_ms if ordered else None,
        ends_ms=ordered[-1].t_ms if ordered else None,
        out_of_order=_out_of_order(recorded),
        rights=rights,
        depositors=tuple([course.depositor(depositor) for depositor in policy.depositors]),
        shared=course.tally(NOBODY).counts(),
        nobodys=dict(course.nobodys),
        unknown_action=policy.unknown,
        unknown_devices=len(course.unknown),
        most_unknown=_named(course.unknown),
    )


def without_periods(policy: Policy) -> Policy:
    """The policy as if it and all rights were always in force: recorded traffic is mostly older than it."""
    depositors = [msgspec.structs.replace(each, right=ALWAYS, suspensions=()) for each in policy.depositors]
    return msgspec.structs.replace(policy, valid=ALWAYS, depositors=tuple(depositors))


class _Tally:
    """Counts that grow."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[Outcome, bool]] = Counter()
        self.refusals: dict[tuple[Outcome, Level | None], Refusals] = {}
        self.refused: Counter[DeviceKey] = Counter()
        self.devices: set[DeviceKey] = set()

    def add(self, verdict: Verdict, device: DeviceKey, t_ms: int) -> None:
        outcome = verdict.outcome
        self.devices.add(device)
        self.outcomes[outcome, verdict.is_join] += 1
        if outcome in ADMISSIONS:
            return
        self.refused[device] += 1
        known = self.refusals.get((outcome, verdict.level))
        if known is None:
            self.refusals[outcome, verdict.level] = Refusals(outcome, verdict.level, 1, t_ms, t_ms)
        else:
            known.frames += 1
            known.last_ms = t_ms

    def counts(self) -> Counts:
        return Counts(
            devices=len(self.devices),
            heard=self.outcomes.total(),
            admitted=self.outcomes[Outcome.ADMITTED, False],
            repetitions=self.outcomes[Outcome.REPETITION, False],
            joins=self.outcomes[Outcome.ADMITTED, True],
            refused=self.refused.total(),
            refusals=tuple(sorted(self.refusals.values(), key=lambda each: -each.frames)),
            most_refused=_named(self.refused),
        )


class _Course:
    """One replay."""

    def __init__(self, policy: Policy, *, rights: bool) -> None:
        self._policy = policy
        self._rights = rights
        self._rules = Rules(policy)
        self._bindings = Bindings()
        self._admission = Admission(Ledger(), self._bindings, open_without=False)
        self._needs = Needs(policy, self._bindings)
        self._tallies: dict[str, _Tally] = {}
        self.nobodys: Counter[Outcome] = Counter()
        self.unknown: Counter[DeviceKey] = Counter()

    def tally(self, key: str) -> _Tally:
        """That of a depositor by its id, of a group by its key, of shared DevAddrs by NOBODY."""
        return self._tallies.setdefault(key, _Tally())

    def take(self, heard: HeardFrame) -> None:
        if heard.crc_status is CrcStatus.BAD:
            self.nobodys[Outcome.BAD_CRC] += 1
            return
        if heard.dev_eui is not None and isinstance(heard.frame, DataFrame):
            self._bindings.seen(heard.dev_eui, heard.frame.dev_addr, heard.t_ms)
        unix_s = heard.t_ms // 1000
        in_force = not self._rights or validity_at(self._policy, unix_s) is Validity.IN_FORCE
        moment = Moment(heard.t_ms, unix_s if self._rights else None)
        self._admission.rules = self._rules if in_force else None
        cost = UplinkCost(heard.size_bytes, heard.airtime_us, heard.frame_id or 0)
        verdict = self._admission.judge_recorded(heard.frame, cost, moment)
        if isinstance(heard.frame, JoinRequest) and verdict.forwarded:
            # Nobody recorded whether the server accepted it.
            self._bindings.heard_join(heard.frame.join_eui, heard.frame.dev_eui)
        self._count(heard, verdict)
        self._needs.take(heard.frame, cost, moment, in_force=in_force)

    def depositor(self, depositor: Depositor) -> DepositorReport:
        return DepositorReport(
            id=depositor.id,
            name=depositor.name,
            mode=depositor.mode,
            counts=self.tally(depositor.id).counts(),
            groups=tuple([self._group(depositor, group) for group in depositor.groups]),
            tightest=self._together(depositor.id, depositor.allowance),
        )

    def _group(self, depositor: Depositor, group: Group) -> GroupReport:
        key = Claim(depositor.id, group.id, NO_LIMITS).group_key
        needs = {_text(device): need for device, need in self._needs.devices.get(key, {}).items()}
        return GroupReport(
            id=group.id,
            name=group.name,
            counts=self.tally(key).counts(),
            tightest_per_device=tightest(needs, group.device_allowance.bucket_size_factor),
            tightest=self._together(key, group.allowance),
        )

    def _together(self, key: str, allowance: Allowance) -> Allowance:
        needs = {key: self._needs.together.get(key, Need())}
        return tightest(needs, allowance.bucket_size_factor).allowance

    def _count(self, heard: HeardFrame, verdict: Verdict) -> None:
        if verdict.depositor is not None:
            key = Claim(verdict.depositor, verdict.group or NOBODY, NO_LIMITS).group_key
            for tally in (self.tally(verdict.depositor), self.tally(key)):
                tally.add(verdict, device_of(verdict), heard.t_ms)
        elif verdict.outcome in ADMISSIONS or verdict.level is not None:
            self.tally(NOBODY).add(verdict, device_of(verdict), heard.t_ms)
        else:
            self.nobodys[verdict.outcome] += 1
            if verdict.outcome is Outcome.UNKNOWN_DEVICE:
                self.unknown[device_of(verdict) if heard.dev_eui is None else heard.dev_eui] += 1


def _named(frames: Counter[DeviceKey]) -> tuple[Named, ...]:
    return tuple([Named(_text(device), count) for device, count in frames.most_common(MOST_NAMED)])


def _text(device: DeviceKey) -> str:
    return device_text(~device if device < 0 else device, dev_addr=device < 0)


def _out_of_order(recorded: Iterable[HeardFrame]) -> int:
    latest_ms, count = 0, 0
    for heard in recorded:
        count += heard.t_ms < latest_ms
        latest_ms = max(latest_ms, heard.t_ms)
    return count
