"""The policy's contacts → the ways to them. Pure."""

from collections.abc import Collection, Iterator

from gateway.notices.news import Setting
from gateway.notices.notice import Lane
from gateway.policy.document import Contact, Depositor, Policy

EMAIL, WEBHOOK = "e-mail", "webhook"


def addresses_of(policy: Policy, channels: Collection[str]) -> dict[Lane, str]:
    """Every way that leads to a depositor, with its address. No address gets anything twice."""
    return {
        lane: address
        for depositor in policy.depositors
        for channel in channels
        for lane, address in _ways(depositor, channel)
    }


def setting_of(policy: Policy, gateway: str, gateway_eui: str) -> Setting:
    """Who lends the network, and whom to ask."""
    convention = policy.convention
    contacts = tuple(_line(contact) for contact in convention.contacts)
    return Setting(gateway, gateway_eui, convention.host, policy.timezone, contacts)


def _ways(depositor: Depositor, channel: str) -> Iterator[tuple[Lane, str]]:
    """A contact is known by what it is for and its name, so that a new address gets what the old one did not take."""
    seen: set[str] = set()
    names: dict[str, int] = {}
    for contact in depositor.contacts:
        address = contact.email if channel == EMAIL else contact.webhook if channel == WEBHOOK else None
        if address is None or address in seen:
            continue
        seen.add(address)
        name = f"{contact.role}: {contact.name}"
        names[name] = names.get(name, 0) + 1
        yield Lane(depositor.id, name if names[name] == 1 else f"{name} ({names[name]})", channel), address


def _line(contact: Contact) -> str:
    ways = ", ".join(filter(None, (contact.phone, contact.email)))
    return f"{contact.role}, {contact.name}" + (f" : {ways}" if ways else "")
