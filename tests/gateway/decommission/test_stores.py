"""Every store that the program has is known by name, and nothing else is taken for one."""

import pytest

from gateway.assembly import OUTAGE
from gateway.commission import site_store
from gateway.console.lines import SOCKET_NAME as CONSOLE
from gateway.decommission.stores import LOCK, Store, store_of
from gateway.known_eui import FILE as EUI
from gateway.link.evidence.gateway_key import FILE as KEY
from gateway.link.life_sign import FILE as LIFE_SIGN
from gateway.link.link_file import FILE as LINKS
from gateway.link_parts import MONTHS, REPORTS
from gateway.policy.source.known_time import FILE as KNOWN_TIME
from gateway.state_lock import LOCK_NAME
from gateway.supervision.ears import FILE as HEARING
from gateway.supervision.recovery_file import FILE as RECOVERY
from gateway.traffic.tap_socket import SOCKET_NAME as TRAFFIC
from radio.sx1302.firmware import DIRECTORY as FIRMWARE

NAMES = {
    KEY: Store.GATEWAY_KEY,
    OUTAGE: Store.OUTAGE,
    site_store.FILE: Store.SITE,
    REPORTS: Store.REPORTS,
    MONTHS: Store.MONTHS,
    LINKS: Store.LINKS,
    FIRMWARE: Store.FIRMWARE,
    **dict.fromkeys((EUI, LIFE_SIGN, KNOWN_TIME, HEARING, RECOVERY, CONSOLE, TRAFFIC), Store.TRACES),
}


@pytest.mark.parametrize(("name", "store"), NAMES.items())
def test_a_store_is_known_by_the_name_that_its_module_gives_it(name: str, store: Store) -> None:
    assert store_of(name) is store


def test_what_lies_beside_a_file_under_its_name_belongs_to_it() -> None:
    assert store_of(".gateway.key.pem.k3j2h1g0") is Store.GATEWAY_KEY
    assert store_of(".links.json.abcdefgh.unfinished") is Store.LINKS
    assert store_of("bindings.log.old") is Store.BINDINGS


@pytest.mark.parametrize("name", ["photos", "policyholders", "evidences", "my.gateway.key.pem", ".bashrc", "cups"])
def test_what_only_looks_like_one_is_none(name: str) -> None:
    assert store_of(name) is None


def test_the_lock_is_that_of_the_daemon() -> None:
    assert LOCK == LOCK_NAME
