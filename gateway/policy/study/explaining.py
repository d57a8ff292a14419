"""Why a device is treated as it is: the rule that decides, whose it is, its limits, its account. In sentences. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from gateway.policy.accounts import window
from gateway.policy.accounts.account import DAY_MS, HOUR_MS, UPLINK_UNITS, Account, level_at
from gateway.policy.accounts.charging import LEVELS, Accounts, UplinkCost, wait_ms
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.claim import Claim, Limits
from gateway.policy.document import Depositor, Group
from gateway.policy.identity.bindings import Binding, Bindings
from gateway.policy.identity.directory import Ambiguous, Identity
from gateway.policy.outcome import MEANINGS, Level, Outcome
from gateway.policy.rules import Rules
from gateway.policy.text.dates import Calendar
from gateway.policy.text.net_id import block_text, last_of, net_id_block
from gateway.policy.text.rights import right_at, time_to_judge_by
from gateway.policy.text.summary import MODE_WORDS, UNKNOWN_WORDS
from gateway.policy.text.wording import counted, device_text
from gateway.policy.verdict import Flag
from radio.airtime import lora_airtime

US_PER_S = 1_000_000
# What is asked for a device that sent nothing lately: 20 bytes of an application, as slow as can be.
USUAL_SIZE_BYTES = 33
USUAL_AIRTIME_US = lora_airtime(12, 125_000, 1, USUAL_SIZE_BYTES).airtime_us
_NO_FRAME = -1
_WHOSE = {Level.DEVICE: "The device", Level.GROUP: "Its group", Level.DEPOSITOR: "Its depositor"}


class Knowledge(msgspec.Struct, frozen=True):
    """What a gateway goes by at a moment: the policy, which device uses which DevAddr, the accounts, the time."""

    rules: Rules
    calendar: Calendar
    bindings: Bindings
    ledger: Ledger
    now_ms: int
    known_unix_s: int | None


def explain_dev_eui(knowledge: Knowledge, dev_eui: int) -> list[str]:
    """What becomes of the packets of a device."""
    return list(_of_dev_eui(knowledge, dev_eui))


def explain_dev_addr(knowledge: Knowledge, dev_addr: int) -> list[str]:
    """What becomes of the data frames with a DevAddr."""
    bound = knowledge.bindings.at(dev_addr)
    by_whom = "as the network server or the file of bindings says"
    lines = [f"Bound to {_dev_eui(binding.dev_eui)}, {by_whom}." for binding in bound]
    if not lines:
        lines = ["No device is known to use it: only the DevAddr tells whose a frame is."]
    return [f"{_dev_addr(dev_addr)}:", *lines, *_of_data(knowledge, dev_addr, bound)]


def rule_for(
    group: Group, *, dev_eui: int | None = None, join_eui: int | None = None, dev_addr: int | None = None
) -> str | None:
    """Which of a group's identities leads to it, as a clause: the most specific one, EUIs before DevAddrs."""
    rules = (*_eui_rules(group, dev_eui, join_eui), *([] if dev_addr is None else _dev_addr_rules(group, dev_addr)))
    return next(iter(rules), None)


def _of_dev_eui(knowledge: Knowledge, dev_eui: int) -> Iterator[str]:
    binding = knowledge.bindings.of(dev_eui)
    yield f"{_dev_eui(dev_eui)}:"
    if binding is not None:
        yield f"Uses {_dev_addr(binding.dev_addr)}, as the network server or the file of bindings says."
        yield from _of_data(knowledge, binding.dev_addr, knowledge.bindings.at(binding.dev_addr))
        return
    claim = knowledge.rules.directory.by_dev_eui(dev_eui)
    if claim is None:
        yield _unknown(knowledge)
        yield "Its JoinEUI may lead to a group all the same: a join request says it, and none is remembered."
        return
    yield "Which DevAddr it uses is not known: until then its data frames are held against their DevAddr."
    yield _rule(knowledge, claim, "its join requests", dev_eui=dev_eui)
    yield from _of_identity(knowledge, Identity(claim, dev_eui, dev_eui))


def _of_data(knowledge: Knowledge, dev_addr: int, bound: tuple[Binding, ...]) -> Iterator[str]:
    identity = knowledge.rules.directory.identify_data(dev_addr, bound)
    match identity:
        case None:
            yield _unknown(knowledge)
        case Ambiguous():
            yield from _of_ambiguous(knowledge, dev_addr, identity)
        case Identity():
            if Flag.SHARED_DEV_ADDR in identity.flags:
                yield _shared(bound)
                yield "All are of one group: the account is the DevAddr's, with the tightest of their limits."
            first = bound[0] if bound else None
            dev_eui, join_eui = (None, None) if first is None else (first.dev_eui, first.join_eui)
            yield _rule(
                knowledge, identity.claim, "its data frames", dev_eui=dev_eui, join_eui=join_eui, dev_addr=dev_addr
            )
            yield from _of_identity(knowledge, identity)


def _of_ambiguous(knowledge: Knowledge, dev_addr: int, shared: Ambiguous) -> Iterator[str]:
    yield f"{Flag.SHARED_DEV_ADDR.value}: devices of different groups use this DevAddr; nothing tells whose a frame is:"
    for candidate in shared.candidates:
        claim = candidate.claim
        whose = "no depositor declared it" if claim is None else f"group {claim.group} of {claim.depositor}"
        yield f"  {_dev_eui(candidate.dev_eui)}: {whose}"
    identity = knowledge.rules.shared_identity(dev_addr, shared, knowledge.known_unix_s)
    if identity is None:
        outcome = Outcome.AMBIGUOUS_DEVICE
        yield f"{outcome.value}: {MEANINGS[outcome].english}. Such frames are {_fate(knowledge)}."
        return
    yield "The account is the DevAddr's, with the tightest of their limits; no group or depositor is charged."
    yield from _account(knowledge, identity, knowledge.ledger.accounts_of(identity.claim, identity.device), LEVELS[:1])


def _of_identity(knowledge: Knowledge, identity: Identity) -> Iterator[str]:
    depositor = knowledge.rules.depositor(identity.claim)
    if depositor is not None:
        yield from _right(knowledge, depositor)
        yield f"Mode {depositor.mode}: {MODE_WORDS[depositor.mode]}."
    accounts = knowledge.ledger.accounts_of(identity.claim, identity.device)
    yield from _account(knowledge, identity, accounts, LEVELS)


def _right(knowledge: Knowledge, depositor: Depositor) -> Iterator[str]:
    right = right_at(depositor, time_to_judge_by(knowledge.rules.policy, knowledge.known_unix_s))
    if right.refusal is None:
        yield f"Its right to use the network is in force: {knowledge.calendar.period_text(depositor.right)}."
        return
    reason = "" if right.reason is None else f", because: {right.reason}"
    until = "" if right.until_unix_s is None else f", until {knowledge.calendar.begin_text(right.until_unix_s)}"
    yield f"{right.refusal.value}: {MEANINGS[right.refusal].english}{until}{reason}."


def _account(knowledge: Knowledge, identity: Identity, accounts: Accounts, levels: Sequence[Level]) -> Iterator[str]:
    limits = identity.claim.limits
    for level, level_limits, account in zip(levels, limits, accounts, strict=False):
        yield from _level(level, level_limits, account, max(knowledge.now_ms, account.seen_ms))
    cost = _usual_cost(accounts[0], knowledge.now_ms)
    asked = f"An uplink of {cost.size_bytes} bytes and {_seconds(cost.airtime_us)} of airtime"
    waits_ms = wait_ms(limits, accounts, cost, knowledge.now_ms)
    if waits_ms is None:
        yield f"{asked} is never admitted: a limit is smaller than that."
    elif waits_ms:
        yield f"{asked} is admitted in {_duration(waits_ms)}, if nothing else comes before."
    else:
        yield f"{asked} is admitted now."


def _level(level: Level, limits: Limits, account: Account, now_ms: int) -> Iterator[str]:
    day = window.aged(account.uplinks, now_ms, DAY_MS)
    used = f"{counted(day.count, 'uplink')}, {counted(day.size_bytes, 'byte')}, {_seconds(day.airtime_us)} of airtime"
    yield f"{_WHOSE[level]}, in the last 24 hours: {used}."
    told = list(_limits(limits, account, day, now_ms))
    yield from (f"  {line}" for line in told or ["no limit"])


def _limits(limits: Limits, account: Account, day: window.Window, now_ms: int) -> Iterator[str]:
    """Each limit, with what is left of it."""
    if limits.min_interval_ms is not None:
        last_ms = account.last_uplink_ms
        rest_ms = 0 if last_ms is None else max(last_ms + limits.min_interval_ms - now_ms, 0)
        left = f"{_duration(rest_ms)} to wait" if rest_ms else "nothing to wait"
        yield f"min_interval_s {limits.min_interval_ms // 1000}: {left}"
    if limits.reload_per_hour is not None:
        held = level_at(limits, account, now_ms) * 100 // UPLINK_UNITS / 100
        yield f"reload_per_hour {limits.reload_per_hour}, at most {limits.bucket} at once: {held:g} left"
    joins = window.aged(account.joins, now_ms, HOUR_MS).count
    downlinks_us = window.aged(account.downlinks, now_ms, DAY_MS).airtime_us
    for key, allowed, used in (
        ("daily_uplinks", limits.daily_uplinks, day.count),
        ("daily_bytes", limits.daily_bytes, day.size_bytes),
        ("joins_per_hour", limits.joins_per_hour, joins),
    ):
        if allowed is not None:
            yield f"{key} {allowed}: {used} used, {max(allowed - used, 0)} left"
    for key, allowed, used in (
        ("daily_airtime_s", limits.daily_airtime_us, day.airtime_us),
        ("daily_downlink_airtime_s", limits.daily_downlink_airtime_us, downlinks_us),
    ):
        if allowed is not None:
            left = f"{_seconds(used)} used, {_seconds(max(allowed - used, 0))} left"
            yield f"{key} {allowed / US_PER_S:.10g}: {left}"


def _usual_cost(account: Account, now_ms: int) -> UplinkCost:
    """An uplink like the device's of the last day, on average."""
    day = window.aged(account.uplinks, max(now_ms, account.seen_ms), DAY_MS)
    if not day.count:
        return UplinkCost(USUAL_SIZE_BYTES, USUAL_AIRTIME_US, _NO_FRAME)
    sent = [entry[1:] for entry in window.entries(day) if entry[1]]
    airtime_us = sum(entry_airtime_us for _, _, entry_airtime_us in sent)
    return UplinkCost(round(day.size_bytes / day.count), round(airtime_us / day.count), _NO_FRAME)


def _rule(
    knowledge: Knowledge,
    claim: Claim,
    what: str,
    *,
    dev_eui: int | None = None,
    join_eui: int | None = None,
    dev_addr: int | None = None,
) -> str:
    depositor = knowledge.rules.depositor(claim)
    groups = () if depositor is None else depositor.groups
    group = next((each for each in groups if each.id == claim.group), None)
    if depositor is None or group is None:
        raise LookupError(f"the policy has no group {claim.group_key}")
    rule = rule_for(group, dev_eui=dev_eui, join_eui=join_eui, dev_addr=dev_addr)
    whose = f"group {group.id} ({group.name}) of {depositor.id} ({depositor.name})"
    return f"The rule for {what}: {rule}, in {whose}."


def _eui_rules(group: Group, dev_eui: int | None, join_eui: int | None) -> Iterator[str]:
    if dev_eui is not None:
        if any(dev_eui == exception for exception, _ in group.exceptions):
            yield f"{_dev_eui(dev_eui)}, with an allowance of its own"
        if dev_eui in group.dev_euis:
            yield _dev_eui(dev_eui)
        for first, last in group.dev_eui_ranges:
            if first <= dev_eui <= last:
                yield f"DevEUIs from {first:016X} to {last:016X}"
    if join_eui is not None and join_eui in group.join_euis:
        yield f"JoinEUI {join_eui:016X}"


def _dev_addr_rules(group: Group, dev_addr: int) -> Iterator[str]:
    if any(dev_addr == exception for exception, _ in group.dev_addr_exceptions):
        yield f"{_dev_addr(dev_addr)}, with an allowance of its own"
    if dev_addr in group.dev_addrs:
        yield _dev_addr(dev_addr)
    blocks = [(block, f"DevAddr block {block_text(block)}") for block in group.dev_addr_blocks]
    blocks += [(net_id_block(net_id), f"NetID {net_id:06X}") for net_id in group.net_ids]
    holding = [(block[1], text) for block, text in blocks if block[0] <= dev_addr <= last_of(block)]
    yield from (text for _, text in sorted(holding, key=lambda each: -each[0]))


def _unknown(knowledge: Knowledge) -> str:
    outcome = Outcome.UNKNOWN_DEVICE
    return f"{outcome.value}: {MEANINGS[outcome].english}. Its packets are {_fate(knowledge)}."


def _fate(knowledge: Knowledge) -> str:
    return UNKNOWN_WORDS[knowledge.rules.policy.unknown]


def _shared(bound: tuple[Binding, ...]) -> str:
    devices = ", ".join(f"{binding.dev_eui:016X}" for binding in bound)
    return f"{Flag.SHARED_DEV_ADDR.value}: {counted(len(bound), 'device')} use this DevAddr: {devices}."


def _dev_eui(dev_eui: int) -> str:
    return f"DevEUI {dev_eui:016X}"


def _dev_addr(dev_addr: int) -> str:
    return device_text(dev_addr, dev_addr=True)


def _seconds(airtime_us: int) -> str:
    return f"{airtime_us / US_PER_S:.10g} s"


def _duration(duration_ms: int) -> str:
    """Rounded up to seconds, as hours, minutes and seconds."""
    seconds = -(-duration_ms // 1000)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
