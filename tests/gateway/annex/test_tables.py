"""Annexe 1's tables, out of a policy and of commissioned sites."""

import msgspec

from gateway.annex.page import WORDS
from gateway.annex.tables import Annex, EquipmentRow, FurnitureRow, NetworkRow, Person, annexes, tables_of_site
from gateway.commission.site import GatewayTable, KeptSite
from gateway.policy.document import Policy
from tests.gateway.commission.scene import FACTS, SITE, changed, support
from tests.gateway.policy.documents import LEAST, depositor, policy

FRENCH = WORDS["fr"]
EQUIPMENT = (
    '[[depositor.equipment]]\ndescription = "Capteurs"\naddress = "Rue"\nenergy = "Pile"\nmaintenance = "Régie"\n'
)
FURNITURE = '[[depositor.furniture]]\ntype = "Armoire"\naddress = "Rue"\nmaintenance = "Voirie"\ncarries = "Capteurs"\n'
CONTACT = '[[depositor.contact]]\nrole = "Desk"\nname = "N"\nemail = "n@x.example"\nphone = "+33 1"\n'
KEPT = KeptSite(FACTS, SITE)


def of_policy(lines: str = "", head: str = LEAST) -> Policy:
    return policy(head + depositor(lines=lines))


def annex(lines: str = "", *sites: KeptSite, head: str = LEAST) -> Annex:
    (made,) = annexes(of_policy(lines, head), sites, FRENCH)
    return made


def test_there_is_one_for_each_depositor() -> None:
    both = policy(LEAST + depositor("one") + depositor("two"))
    assert [each.depositor_id for each in annexes(both, [], FRENCH)] == ["one", "two"]
    assert [each.depositor_id for each in annexes(both, [], FRENCH, only="two")] == ["two"]
    assert annexes(both, [], FRENCH, only="three") == ()


def test_a_depositors_equipment_stands_on_the_hosts_furniture() -> None:
    (row,) = annex(EQUIPMENT).tables.equipment
    assert row == EquipmentRow("Capteurs", "Rue", "Depositor", "Pile", "Régie", "Ville", "Depositor")


def test_the_hosts_equipment_may_stand_on_the_depositors() -> None:
    (row,) = annex(EQUIPMENT + 'housed_by = "depositor"\n').tables.equipment
    assert (row.owner, row.host, row.depositor) == ("Ville", "Depositor", "Ville")


def test_an_owner_that_is_written_is_told() -> None:
    made = annex(EQUIPMENT + 'owner = "Syndicat"\n' + FURNITURE + 'owner = "Bailleur"\n')
    assert [row.owner for row in made.tables.equipment] == ["Syndicat"]
    assert [row.owner for row in made.tables.furniture] == ["Bailleur"]


def test_furniture_is_the_hosts() -> None:
    assert annex(FURNITURE).tables.furniture == (FurnitureRow("Armoire", "Rue", "Ville", "Voirie", "Capteurs"),)


def test_contacts_of_both_parties_are_told_and_no_webhook() -> None:
    head = LEAST.replace("[unknown]", '[[convention.contact]]\nrole = "Net"\nname = "M"\n[unknown]')
    made = annex(CONTACT + 'webhook = "https://x.example/secret"\n', head=head)
    assert made.host_contacts == (Person("Net", "M"),)
    assert made.depositor_contacts == (Person("Desk", "N", "n@x.example", "+33 1"),)
    assert "secret" not in str(made)


def test_a_commissioned_site_brings_its_gateway_its_furniture_and_its_network() -> None:
    tables = annex("", KEPT).tables
    assert tables.equipment == (
        EquipmentRow(
            "Passerelle LoRaWAN tilleuls, EUI AA555A0000000101",
            "1 rue Haute",
            "Ville",
            "230 V",
            "Ville",
            "Métropole",
            "Ville",
        ),
    )
    assert [row.type for row in tables.furniture] == ["Candélabre ECL-7"]
    assert [row.description for row in tables.networks] == [
        "Réseau LoRaWAN EU868, passerelle tilleuls (EUI AA555A0000000101), 1 rue Haute"
    ]


def test_whoever_owns_gateway_and_furniture_deposits_with_nobody() -> None:
    (row,) = annex("", KeptSite(FACTS, support(owner="Ville"))).tables.equipment
    assert (row.owner, row.host, row.depositor) == ("Ville", "Ville", "")


def test_several_sites_come_before_what_the_policy_lists() -> None:
    second = KeptSite(msgspec.structs.replace(FACTS, name="mairie"), support(number="ECL-8"))
    made = annex(EQUIPMENT + FURNITURE, KEPT, second)
    assert [row.type for row in made.tables.furniture] == ["Candélabre ECL-7", "Candélabre ECL-8", "Armoire"]
    assert len(made.tables.equipment) == 3


def test_networks_of_the_policy_take_the_place_of_those_of_the_sites() -> None:
    network = '[[convention.network]]\ndescription = "Réseau"\ncontact = "desk"\n[unknown]'
    made = annex("", KEPT, head=LEAST.replace("[unknown]", network))
    assert made.tables.networks == (NetworkRow("Réseau", "desk"),)


def test_a_gateway_with_an_owner_of_its_own_is_maintained_by_it() -> None:
    kept = KeptSite(FACTS, changed(gateway=GatewayTable(energy="230 V", owner="Syndicat")))
    (row,) = tables_of_site(kept, "Ville", FRENCH).equipment
    assert (row.owner, row.maintenance, row.host, row.depositor) == ("Syndicat", "Syndicat", "Métropole", "Syndicat")
