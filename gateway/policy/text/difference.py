"""What a new policy changes, and for whom, in sentences."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from gateway.policy.allowance import Allowance
from gateway.policy.document import Contact, Depositor, Group, Period, Policy, Suspension
from gateway.policy.text.dates import Calendar
from gateway.policy.text.summary import LANGUAGE_WORDS, MODE_WORDS, UNKNOWN_WORDS, UPLINK_TOPIC_WORDS, consent_text
from gateway.policy.text.wording import (
    counted,
    device_text,
    devices_text,
    identities,
    limit_changes,
    limits_text,
    named,
)

Named = TypeVar("Named", Depositor, Group)


class Side(msgspec.Struct, frozen=True):
    """One of the two policies, and where its days begin."""

    policy: Policy
    calendar: Calendar


def differences(old: Side, new: Side) -> dict[str, list[str]]:
    """The changes by whom they concern: "Everybody", "Depositor ID". Empty where the policies say the same."""
    found = {"Everybody": [*_general(old, new)]}
    for identity, before, after in _pairs(old.policy.depositors, new.policy.depositors):
        found[f"Depositor {identity}"] = [*_depositor(before, after, old.calendar, new.calendar)]
    return {whom: lines for whom, lines in found.items() if lines}


def serial_objection(old: Policy, new: Policy) -> str | None:
    """Why a gateway that has the old policy would not take the new one; None where it would."""
    if new.serial > old.serial:
        return None
    return f"serial {old.serial} → {new.serial}: it must grow, or no gateway that has the old one takes the new one"


def _general(old: Side, new: Side) -> Iterator[str]:
    a, b = old.policy, new.policy
    yield from _period("this document", a.valid, b.valid, old.calendar, new.calendar)
    yield from _change("time zone", a.timezone, b.timezone)
    yield from _change("convention", a.convention.identity, b.convention.identity)
    yield from _change("host", a.convention.host, b.convention.host)
    yield from _period("the convention", a.convention.period, b.convention.period, old.calendar, new.calendar)
    yield from _contacts(a.convention.contacts, b.convention.contacts)
    yield from _listed("network", a.convention.networks, b.convention.networks)
    yield from _change("devices that no depositor declared are", UNKNOWN_WORDS[a.unknown], UNKNOWN_WORDS[b.unknown])
    yield from _change("warning at", f"{a.warning_share:.4g}", f"{b.warning_share:.4g}")


def _depositor(before: Depositor | None, after: Depositor | None, old: Calendar, new: Calendar) -> Iterator[str]:
    if after is None:
        if before is not None:
            yield f"removed, with {counted(len(before.groups), 'group')}: its devices are unknown from now on"
        return
    if before is None:
        yield f"added: {after.name}, {MODE_WORDS[after.mode]}, right {new.period_text(after.right)}"
        before = Depositor(after.id, after.name, after.mode, after.language, after.right)
        old = new
    yield from _change("name", before.name, after.name)
    yield from _change("mode", before.mode, after.mode)
    yield from _change("language", LANGUAGE_WORDS[before.language], LANGUAGE_WORDS[after.language])
    topics = UPLINK_TOPIC_WORDS[before.uplink_topic], UPLINK_TOPIC_WORDS[after.uplink_topic]
    yield from _change("its uplinks are", *topics)
    yield from _period("right", before.right, after.right, old, new)
    yield from _gone_and_come("suspension", _suspensions(before, old), _suspensions(after, new), ("lifted", "added"))
    yield from _contacts(before.contacts, after.contacts)
    yield from _listed("equipment", before.equipment, after.equipment)
    yield from _listed("furniture", before.furniture, after.furniture)
    yield from _change("consent", consent_text(before.consent, old), consent_text(after.consent, new))
    yield from _limits("all its devices together", before.allowance, after.allowance)
    for _identity, old_group, new_group in _pairs(before.groups, after.groups):
        yield from _group(old_group, new_group, old, new)


def _group(before: Group | None, after: Group | None, old: Calendar, new: Calendar) -> Iterator[str]:
    if after is None:
        if before is not None:
            yield f"group {before.id}: removed, with {devices_text(before)}"
        return
    place = f"group {after.id}"
    if before is None:
        yield f"{place}: added: {after.name}, {devices_text(after)}"
        yield f"{place}: each device: {limits_text(after.device_allowance)}; together: {limits_text(after.allowance)}"
        before = msgspec.structs.replace(after, exceptions=(), dev_addr_exceptions=(), consent=None)
    yield from _change(f"{place}: name", before.name, after.name)
    yield from _moved_devices(place, identities(before), identities(after))
    yield from _limits(f"{place}: each device", before.device_allowance, after.device_allowance)
    yield from _limits(f"{place}: together", before.allowance, after.allowance)
    yield from _exceptions(place, before, after)
    if before.consent is not None or after.consent is not None:
        texts = [_own_consent(before, old), _own_consent(after, new)]
        yield from _change(f"{place}: consent", *texts)


def _own_consent(group: Group, calendar: Calendar) -> str:
    return "the depositor's" if group.consent is None else consent_text(group.consent, calendar)


def _moved_devices(place: str, before: set[str], after: set[str]) -> Iterator[str]:
    for verb, texts in (("added", after - before), ("removed", before - after)):
        if texts:
            yield f"{place}: {_how_many(texts)} {verb} ({named(sorted(texts))})"


def _how_many(texts: set[str]) -> str:
    """Single DevEUIs are devices; other identities may stand for many."""
    singles = all(len(text) == 16 for text in texts)
    return (
        counted(len(texts), "device") if singles else f"{len(texts)} {'identity' if len(texts) == 1 else 'identities'}"
    )


def _exceptions(place: str, before: Group, after: Group) -> Iterator[str]:
    old, new = _own_allowances(before), _own_allowances(after)
    for device in sorted(old.keys() | new.keys()):
        if device not in new:
            yield f"{place}: {device}: no allowance of its own any more"
        elif device not in old:
            yield f"{place}: {device}: an allowance of its own: {limits_text(new[device])}"
        else:
            yield from _limits(f"{place}: {device}", old[device], new[device])


def _own_allowances(group: Group) -> dict[str, Allowance]:
    by_eui = {device_text(device, dev_addr=False): allowance for device, allowance in group.exceptions}
    return by_eui | {device_text(device, dev_addr=True): allowance for device, allowance in group.dev_addr_exceptions}


def _suspensions(depositor: Depositor, calendar: Calendar) -> list[str]:
    return [_suspension(each, calendar) for each in depositor.suspensions]


def _suspension(suspension: Suspension, calendar: Calendar) -> str:
    end = "" if suspension.ends_unix_s is None else f" to {calendar.end_text(suspension.ends_unix_s)}"
    return f"from {calendar.begin_text(suspension.begins_unix_s)}{end}: {suspension.reason}"


def _contacts(before: Iterable[Contact], after: Iterable[Contact]) -> Iterator[str]:
    yield from _gone_and_come("contact", [*map(_contact, before)], [*map(_contact, after)], ("removed", "added"))


def _contact(contact: Contact) -> str:
    return f"{contact.role}: {' '.join(filter(None, (contact.name, contact.email, contact.phone, contact.webhook)))}"


def _listed(noun: str, before: Iterable[msgspec.Struct], after: Iterable[msgspec.Struct]) -> Iterator[str]:
    """What annexe 1 lists: a line for each entry that is gone or new, with all of its columns."""
    old, new = ([", ".join(filter(None, msgspec.structs.astuple(each))) for each in side] for side in (before, after))
    yield from _gone_and_come(f"annexe 1: {noun}", old, new, ("removed", "added"))


def _gone_and_come(noun: str, before: Sequence[str], after: Sequence[str], verbs: tuple[str, str]) -> Iterator[str]:
    yield from (f"{noun} {verbs[0]}: {text}" for text in before if text not in after)
    yield from (f"{noun} {verbs[1]}: {text}" for text in after if text not in before)


def _limits(place: str, before: Allowance, after: Allowance) -> Iterator[str]:
    if changes := limit_changes(before, after):
        yield f"{place}: {', '.join(changes)}"


def _period(name: str, before: Period, after: Period, old: Calendar, new: Calendar) -> Iterator[str]:
    begins = old.begin_text(before.begins_unix_s), new.begin_text(after.begins_unix_s)
    ends = old.end_text(before.ends_unix_s), new.end_text(after.ends_unix_s)
    yield from (f"{name} now begins on {now} (before: {then})" for then, now in [begins] if then != now)
    yield from (f"{name} now ends on {now} (before: {then})" for then, now in [ends] if then != now)


def _change(name: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{name}: {before} → {after}"


def _pairs(old: Iterable[Named], new: Iterable[Named]) -> Iterator[tuple[str, Named | None, Named | None]]:
    """Those of the same id, in the order of the new ones, which those come after that are gone."""
    before = {each.id: each for each in old}
    after = {each.id: each for each in new}
    for identity in after | before:
        yield identity, before.get(identity), after.get(identity)
