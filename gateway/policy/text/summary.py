"""What a policy comes to, in sentences that a city's officer can compare with the convention."""

from collections.abc import Iterator

from gateway.policy.document import Consent, Depositor, Group, Policy
from gateway.policy.text.dates import Calendar
from gateway.policy.text.wording import counted, devices_text, limits_text

UNKNOWN_WORDS = {
    "refuse": "refused",
    "forward": "forwarded",
    "observe": "forwarded, and counted as what would be refused",
}
MODE_WORDS = {"enforce": "what is over a limit is refused", "observe": "what is over a limit is counted, and forwarded"}
UPLINK_TOPIC_WORDS = {
    "off": "not published",
    "metadata": "published to it, without payloads",
    "payload": "published to it, with their encrypted payloads",
}
LANGUAGE_WORDS = {"fr": "French", "en": "English"}


def summary(policy: Policy, calendar: Calendar) -> list[str]:
    """The policy, one line a fact; a group's lines are indented below its depositor's."""
    return [*_general(policy, calendar), *(line for each in policy.depositors for line in _depositor(each, calendar))]


def consent_text(consent: Consent | None, calendar: Calendar) -> str:
    """Whether the host may use the data, as a clause."""
    if consent is None or not consent.host_copy:
        return "the host may not use its data"
    return f"the host may use its data {calendar.period_text(consent.period)}"


def _general(policy: Policy, calendar: Calendar) -> Iterator[str]:
    convention = policy.convention
    groups = [group for depositor in policy.depositors for group in depositor.groups]
    validity = f"{calendar.period_text(policy.valid)} ({policy.timezone})"
    yield f"Policy number {policy.serial} of {convention.host}, {validity}."
    yield f'Convention "{convention.identity}", {calendar.period_text(convention.period)}.'
    yield f"Devices that no depositor declared are {UNKNOWN_WORDS[policy.unknown]}."
    yield f"Depositors are warned when {policy.warning_share:.0%} of a daily limit is used."
    yield f"{counted(len(policy.depositors), 'depositor')}, {counted(len(groups), 'group')}."


def _depositor(depositor: Depositor, calendar: Calendar) -> Iterator[str]:
    yield ""
    yield f"{depositor.name} ({depositor.id}): {MODE_WORDS[depositor.mode]}."
    yield f"  Right to use the network: {calendar.period_text(depositor.right)}."
    for suspension in depositor.suspensions:
        begin = calendar.begin_text(suspension.begins_unix_s)
        end = "" if suspension.ends_unix_s is None else f" to {calendar.end_text(suspension.ends_unix_s)}"
        yield f"  Suspended from {begin}{end}: {suspension.reason}."
    yield f"  Consent: {consent_text(depositor.consent, calendar)}."
    yield f"  It is told in {LANGUAGE_WORDS[depositor.language]}."
    yield f"  Its uplinks are {UPLINK_TOPIC_WORDS[depositor.uplink_topic]}."
    yield from _notices(depositor)
    if depositor.equipment or depositor.furniture:
        pieces = counted(len(depositor.equipment), "line"), counted(len(depositor.furniture), "line")
        yield f"  Annexe 1 has {pieces[0]} of equipment and {pieces[1]} of furniture for it."
    yield f"  All its devices together: {limits_text(depositor.allowance)}."
    for group in depositor.groups:
        yield from _group(group, calendar)


def _notices(depositor: Depositor) -> Iterator[str]:
    """How notices reach it beside MQTT."""
    by_email = sum(contact.email is not None for contact in depositor.contacts)
    by_webhook = sum(contact.webhook is not None for contact in depositor.contacts)
    ways = (("e-mail", by_email), ("webhook", by_webhook))
    if told := [f"by {way} to {counted(number, 'contact')}" for way, number in ways if number]:
        yield f"  Notices go {' and '.join(told)}."


def _group(group: Group, calendar: Calendar) -> Iterator[str]:
    yield f"  {group.name} ({group.id}): {devices_text(group)}."
    yield f"    Each device: {limits_text(group.device_allowance)}."
    yield f"    Together: {limits_text(group.allowance)}."
    if exceptions := len(group.exceptions) + len(group.dev_addr_exceptions):
        yield f"    With an allowance of its own: {counted(exceptions, 'device')}."
    if group.consent is not None:
        yield f"    Consent: {consent_text(group.consent, calendar)}."
