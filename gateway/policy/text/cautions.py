"""What is allowed in a policy, and yet perhaps not meant."""

from collections.abc import Iterator, Sequence

from gateway.policy.allowance import DAY_S, Allowance
from gateway.policy.document import Depositor, Group, Policy
from gateway.policy.text.dates import Calendar
from gateway.policy.text.rights import Ending, Validity, upcoming_ends, validity_at
from gateway.policy.text.wording import counted, devices_text

SOON_DAYS = 90
HOUR_S = 3_600
LONGEST_PHY_PAYLOAD = 255
LARGEST_USUAL_SERIAL = 2**32
LARGEST_USUAL_STEP = 1_000
WIDEST_SAFE_BLOCK = 24
WIDEST_SAFE_RANGE = 256
"""As many as a block of /24 has: what somebody could make up is bounded by what each of them may use."""

PRIVATE_NET_IDS = (0, 1)
"""LoRaWAN TS002-1.1.0: for private networks and trials; everybody's."""

# What adds up over devices and groups, so that the levels can be compared.
SUMMED = (
    "daily_uplinks",
    "daily_bytes",
    "daily_airtime_s",
    "joins_per_hour",
    "daily_downlink_airtime_s",
)
COUNTED = ("daily_uplinks", "daily_bytes", "daily_airtime_s", "reload_per_hour", "min_interval_s")
ENDING_WORDS = {
    Ending.DOCUMENT: "this document",
    Ending.CONVENTION: "the convention",
    Ending.RIGHT: "the right to use the network",
    Ending.CONSENT: "the consent to the use of data",
    Ending.SUSPENSION: "the suspension",
}


def cautions(policy: Policy, calendar: Calendar, now_unix_s: int, old: Policy | None = None) -> list[str]:
    """Everything to look at twice, each in a sentence; `old` is the policy before this one."""
    return [
        *serial_cautions(policy, old),
        *_times(policy, calendar, now_unix_s),
        *(line for each in policy.depositors for line in _depositor(each)),
    ]


def serial_cautions(policy: Policy, old: Policy | None) -> Iterator[str]:
    """What is odd about a serial that a gateway would take: from then on it takes no smaller one."""
    for_good = "a gateway that takes it refuses every smaller one from then on"
    if policy.serial > LARGEST_USUAL_SERIAL:
        yield f"serial {policy.serial} is very large: {for_good}"
    if old is not None and policy.serial - old.serial > LARGEST_USUAL_STEP:
        yield f"serial {old.serial} → {policy.serial} is a long step: {for_good}"


def never_binding(allowance: Allowance) -> list[str]:
    """The keys of limits that another of the same allowance, a tighter one, always applies before."""
    most_by_interval = None if allowance.min_interval_s is None else -(-DAY_S // allowance.min_interval_s)
    rate, most_by_rate = allowance.reload_per_hour, None
    idle = []
    if rate is not None:
        bucket = rate * allowance.bucket_size_factor
        most_by_rate = bucket + 24 * rate
        refilled_between_uplinks = (allowance.min_interval_s or 0) * rate >= HOUR_S
        if refilled_between_uplinks or _reaches(bucket, [allowance.daily_uplinks]):
            idle.append("reload_per_hour")
    if _reaches(allowance.daily_uplinks, [most_by_interval, most_by_rate]):
        idle.append("daily_uplinks")
    most = [number for number in (allowance.daily_uplinks, most_by_interval, most_by_rate) if number is not None]
    if _reaches(allowance.daily_bytes, [number * LONGEST_PHY_PAYLOAD for number in most]):
        idle.append("daily_bytes")
    return idle


def _times(policy: Policy, calendar: Calendar, now_unix_s: int) -> Iterator[str]:
    valid, convention = policy.valid, policy.convention.period
    match validity_at(policy, now_unix_s):
        case Validity.NOT_BEGUN:
            yield f"this document does not apply yet: from {calendar.begin_text(valid.begins_unix_s)} on"
        case Validity.ENDED:
            yield f"this document does not apply any more: it ended on {calendar.end_text(valid.ends_unix_s)}"
    if valid.ends_unix_s > convention.ends_unix_s:
        last = calendar.end_text(convention.ends_unix_s)
        yield f"this document lasts longer than the convention, which ends on {last}"
    for end in upcoming_ends(policy, now_unix_s, SOON_DAYS):
        whose = "".join(f"{name}: " for name in (end.depositor, end.group) if name is not None)
        days = counted(end.days_left(now_unix_s), "day")
        yield f"{whose}{ENDING_WORDS[end.what]} ends on {calendar.end_text(end.ends_unix_s)}, in {days}"


def _depositor(depositor: Depositor) -> Iterator[str]:
    if not depositor.groups:
        yield f"{depositor.id}: no group, and so no device"
    if not any(contact.email for contact in depositor.contacts):
        yield f"{depositor.id}: no contact has an e-mail address, so that no incident can be told by e-mail"
    consents = [depositor.consent, *(group.consent for group in depositor.groups)]
    if depositor.uplink_topic == "off" and any(consent is not None and consent.host_copy for consent in consents):
        yield f"{depositor.id}: the host may use its data, and yet its uplinks are not published to itself"
    yield from _idle(depositor.id, depositor.allowance)
    for group in depositor.groups:
        yield from _group(group, f"{depositor.id}: {group.id}", depositor)


def _group(group: Group, place: str, depositor: Depositor) -> Iterator[str]:
    if devices_text(group) == devices_text(Group("", "")):
        yield f"{place}: no device"
    if any(net_id in PRIVATE_NET_IDS for net_id in group.net_ids):
        yield f"{place}: the NetIDs 000000 and 000001 are everybody's, not only this depositor's"
    levels = (group.device_allowance, group.allowance, depositor.allowance)
    if all(getattr(level, key) is None for level in levels for key in COUNTED):
        yield f"{place}: no limit on uplinks at all"
    if (many := _made_up(group)) and not any(_is_bounded(level) for level in (group.allowance, depositor.allowance)):
        yield (
            f"{place}: {many}, and neither the group nor the depositor has a limit on uplinks or airtime: whoever "
            "makes up new addresses there has a new allowance with each"
        )
    yield from _idle(f"{place}: each device", group.device_allowance)
    yield from _idle(f"{place}: together", group.allowance)
    yield from _looser(f"{place}: each device", group.device_allowance, group.allowance, "the group")
    yield from _looser(f"{place}: each device", group.device_allowance, depositor.allowance, "the depositor")
    yield from _looser(f"{place}: together", group.allowance, depositor.allowance, "the depositor")
    yield from _never_reached(group, place)


def _made_up(group: Group) -> str:
    """What leads to the group and has room for many made-up devices, as a clause; empty without any."""
    blocks = sum(length < WIDEST_SAFE_BLOCK for _first, length in group.dev_addr_blocks)
    ranges = sum(last - first >= WIDEST_SAFE_RANGE for first, last in group.dev_eui_ranges)
    parts = (
        (blocks, counted(blocks, "DevAddr block") + f" wider than /{WIDEST_SAFE_BLOCK}"),
        (len(group.net_ids), counted(len(group.net_ids), "NetID")),
        (ranges, counted(ranges, "range") + f" of more than {WIDEST_SAFE_RANGE} DevEUIs"),
        (len(group.join_euis), counted(len(group.join_euis), "JoinEUI")),
    )
    return ", ".join(text for number, text in parts if number)


def _is_bounded(allowance: Allowance) -> bool:
    return any(getattr(allowance, key) is not None for key in COUNTED)


def _idle(place: str, allowance: Allowance) -> Iterator[str]:
    for key in never_binding(allowance):
        yield f"{place}: {key} = {getattr(allowance, key)} never decides: another limit is tighter"


def _looser(place: str, allowance: Allowance, above: Allowance, name: str) -> Iterator[str]:
    for key in SUMMED:
        if _reaches(getattr(allowance, key), [getattr(above, key)]):
            limit = f"{key} = {getattr(allowance, key):g}"
            yield f"{place}: {limit} never decides: {name} as a whole has {getattr(above, key):g}"


def _never_reached(group: Group, place: str) -> Iterator[str]:
    """A group's limits that all its devices together cannot reach, where they can be counted."""
    if group.join_euis or group.dev_addr_blocks or group.net_ids:
        return
    devices = len(group.dev_euis) + len(group.dev_addrs) + sum(last - first + 1 for first, last in group.dev_eui_ranges)
    own = [allowance for _identity, allowance in (*group.exceptions, *group.dev_addr_exceptions)]
    for key in SUMMED:
        shares = [getattr(allowance, key) for allowance in own]
        shares += [None if (each := getattr(group.device_allowance, key)) is None else each * (devices - len(own))]
        if devices and None not in shares and _reaches(getattr(group.allowance, key), [sum(shares)]):
            limit = f"{key} = {getattr(group.allowance, key):g}"
            yield f"{place}: together: {limit} never decides: all its devices come to {sum(shares):g}"


def _reaches(limit: float | None, others: Sequence[float | None]) -> bool:
    """Whether a limit is as loose as one of the others, which then decides."""
    return limit is not None and any(other is not None and limit >= other for other in others)
