"""Annexe 1, filled in: from the policy what concerns a depositor, from the commissioned sites what carries the network.

The convention is between two parties, so there is one set of tables for each depositor. Pure.
"""

from collections.abc import Iterator, Sequence

import msgspec

from gateway.annex.words import AnnexWords
from gateway.commission.site import KeptSite
from gateway.policy.document import Contact, Depositor, Equipment, Furniture, LentNetwork, Policy


class EquipmentRow(msgspec.Struct, frozen=True):
    """A line of table A, in its own order. A party is empty where nobody deposits with another."""

    description: str
    address: str
    owner: str
    energy: str
    maintenance: str
    host: str
    depositor: str


class FurnitureRow(msgspec.Struct, frozen=True):
    """A line of table B."""

    type: str
    address: str
    owner: str
    maintenance: str
    carries: str


class NetworkRow(msgspec.Struct, frozen=True):
    """A line of table C. Without a contact the host's hold."""

    description: str
    contact: str = ""


class Person(msgspec.Struct, frozen=True):
    """Whom to turn to."""

    role: str
    name: str
    email: str = ""
    phone: str = ""


class Tables(msgspec.Struct, frozen=True):
    """A, B and C."""

    equipment: tuple[EquipmentRow, ...] = ()
    furniture: tuple[FurnitureRow, ...] = ()
    networks: tuple[NetworkRow, ...] = ()


class Annex(msgspec.Struct, frozen=True):
    """Annexe 1 as it is between the host and one depositor."""

    convention: str
    policy_serial: int
    host: str
    depositor_id: str
    depositor: str
    host_contacts: tuple[Person, ...]
    depositor_contacts: tuple[Person, ...]
    tables: Tables


def annexes(
    policy: Policy, sites: Sequence[KeptSite], words: AnnexWords, *, only: str | None = None
) -> tuple[Annex, ...]:
    """One for each depositor of the policy, or of the one with the id `only`."""
    return tuple(
        _annex(policy, depositor, sites, words) for depositor in policy.depositors if only in {None, depositor.id}
    )


def tables_of_site(kept: KeptSite, host: str, words: AnnexWords) -> Tables:
    """What one commissioned gateway brings to the annex: itself, what carries it, and its network."""
    site, support, owner = kept.site, kept.site.support, kept.site.gateway.owner or host
    named = {"name": kept.gateway.name or "?", "eui": kept.gateway.eui or "?"}
    description = site.gateway.description or words.gateway.format(**named)
    gateway = EquipmentRow(
        description=description,
        address=support.address,
        owner=owner,
        energy=site.gateway.energy,
        maintenance=site.gateway.maintenance or owner,
        host=support.owner,
        depositor="" if owner == support.owner else owner,
    )
    furniture = FurnitureRow(
        type=f"{support.type} {support.number}",
        address=support.address,
        owner=support.owner,
        maintenance=support.maintenance,
        carries=description,
    )
    region = kept.gateway.region_plan
    network = NetworkRow(words.network.format(region=region, address=support.address, **named).replace("  ", " "))
    return Tables((gateway,), (furniture,), (network,))


def _annex(policy: Policy, depositor: Depositor, sites: Sequence[KeptSite], words: AnnexWords) -> Annex:
    convention = policy.convention
    of_sites = [tables_of_site(site, convention.host, words) for site in sites]
    lent = [_network(each) for each in convention.networks] or [row for tables in of_sites for row in tables.networks]
    equipment = [row for tables in of_sites for row in tables.equipment]
    furniture = [row for tables in of_sites for row in tables.furniture]
    return Annex(
        convention=convention.identity,
        policy_serial=policy.serial,
        host=convention.host,
        depositor_id=depositor.id,
        depositor=depositor.name,
        host_contacts=tuple(_persons(convention.contacts)),
        depositor_contacts=tuple(_persons(depositor.contacts)),
        tables=Tables(
            (*equipment, *(_equipment(each, convention.host, depositor.name) for each in depositor.equipment)),
            (*furniture, *(_furniture(each, convention.host) for each in depositor.furniture)),
            tuple(lent),
        ),
    )


def _equipment(listed: Equipment, host: str, depositor: str) -> EquipmentRow:
    houses, deposits = (host, depositor) if listed.housed_by == "host" else (depositor, host)
    return EquipmentRow(
        description=listed.description,
        address=listed.address,
        owner=listed.owner or deposits,
        energy=listed.energy,
        maintenance=listed.maintenance,
        host=houses,
        depositor=deposits,
    )


def _furniture(listed: Furniture, host: str) -> FurnitureRow:
    return FurnitureRow(listed.type, listed.address, listed.owner or host, listed.maintenance, listed.carries)


def _network(listed: LentNetwork) -> NetworkRow:
    return NetworkRow(listed.description, listed.contact or "")


def _persons(contacts: Sequence[Contact]) -> Iterator[Person]:
    for contact in contacts:
        yield Person(contact.role, contact.name, contact.email or "", contact.phone or "")
