"""What is wrong with a gateway, worst first, and the verdict."""

from typing import Any

import msgspec
import pytest

from gateway.console.snapshot import (
    BrokerPart,
    GnssPart,
    MaintenancePart,
    RadioState,
    RoutePart,
    ServerPart,
    Snapshot,
)
from gateway.console.troubles import Trouble, troubles, verdict
from tests.gateway.console.snapshots import PARIS, UNIX_S, WELL, with_

DAY_S = 86_400


def kinds(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(trouble.kind, trouble.level) for trouble in troubles(snapshot)]


def with_servers(*connected: bool, active: str | None = None, uptime_s: float = 1_000) -> Snapshot:
    names = [f"s{index}" for index in range(len(connected))]
    return msgspec.structs.replace(
        WELL,
        uptime_s=uptime_s,
        servers=tuple(
            ServerPart(name=name, kind="semtech_udp", connected=up) for name, up in zip(names, connected, strict=True)
        ),
        routes=(RoutePart(name="all", servers=tuple(names), active=active),),
    )


def test_a_gateway_that_is_well_has_none() -> None:
    assert kinds(WELL) == []
    assert verdict(WELL, "fr") == "Tout fonctionne."
    assert verdict(WELL, "en") == "All is well."


@pytest.mark.parametrize(
    ("part", "changes", "found"),
    [
        ("radio", {"state": RadioState.LOST, "problem": "gone"}, ("radio_lost", "error")),
        ("radio", {"state": RadioState.STARTING}, ("radio_starting", "warning")),
        ("radio", {"deafness": "being mended"}, ("radio_deaf", "error")),
        ("radio", {"deafness": "given up"}, ("radio_silent", "warning")),
        ("radio", {"troubles": ("mute",)}, ("radio_mute", "error")),
        ("radio", {"troubles": ("astray",)}, ("radio_astray", "error")),
        ("radio", {"temperature_c": 80.0}, ("too_hot", "warning")),
        ("policy", {"serial": None, "ends_unix_s": None}, ("no_policy", "error")),
        ("policy", {"serial": None, "ends_unix_s": None, "is_open_without": True}, ("no_policy_open", "warning")),
        ("policy", {"refused": "old"}, ("policy_refused", "warning")),
        ("policy", {"ends_unix_s": UNIX_S + 13 * DAY_S}, ("policy_ends", "warning")),
        ("policy", {"accounts_problem": "full"}, ("accounts", "warning")),
        ("disk", {"problem": "read-only"}, ("disk", "warning")),
        ("disk", {"free_share": 0.02}, ("disk_full", "warning")),
        ("store", {"problem": "full"}, ("store", "warning")),
        ("store", {"share": 0.9}, ("store_full", "warning")),
        ("clock", {"synchronised": False}, ("clock", "warning")),
        ("clock", {"gnss": GnssPart(time_known=False)}, ("gnss", "warning")),
    ],
)
def test_each_part_has_its_own(part: str, changes: dict[str, Any], found: tuple[str, str]) -> None:
    assert kinds(with_(part, **changes)) == [found]


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("radio", {"temperature_c": 79.9}),
        ("policy", {"ends_unix_s": UNIX_S + 14 * DAY_S}),
        ("disk", {"free_share": 0.03}),
        ("disk", {"free_share": None}),
        ("store", {"share": 0.89}),
        ("clock", {"gnss": None}),
    ],
)
def test_what_is_just_within_bounds_is_none(part: str, changes: dict[str, Any]) -> None:
    assert kinds(with_(part, **changes)) == []


def test_a_server_that_another_stands_in_for_is_a_warning() -> None:
    assert kinds(with_servers(True, False, active="s0")) == [("server_silent", "warning")]


def test_a_server_that_a_route_has_no_other_for_keeps_messages_from_getting_through() -> None:
    assert kinds(with_servers(False)) == [("server_silent", "error")]


def test_where_none_of_several_answers_that_is_one_trouble() -> None:
    assert kinds(with_servers(False, False, False)) == [("servers_silent", "error")]


def test_servers_are_given_time_after_a_start() -> None:
    assert kinds(with_servers(False, uptime_s=19.0)) == []
    assert kinds(with_servers(False, uptime_s=20.0)) == [("server_silent", "error")]


def test_a_broker_that_is_not_reached_keeps_no_message_from_getting_through() -> None:
    assert kinds(msgspec.structs.replace(WELL, broker=BrokerPart(connected=False))) == [("broker", "warning")]


def test_a_low_supply_stuck_parts_and_work_under_way_are_told() -> None:
    work = MaintenancePart(reason="mast", is_under_way=True)
    ill = msgspec.structs.replace(WELL, undervoltage=True, stuck=("radio",), maintenance=work)
    assert kinds(ill) == [("stuck", "error"), ("undervoltage", "warning"), ("maintenance", "warning")]


def test_work_that_is_announced_is_none_yet() -> None:
    work = MaintenancePart(reason="mast", is_under_way=False)
    assert kinds(msgspec.structs.replace(WELL, maintenance=work)) == []


def test_what_keeps_messages_from_getting_through_comes_first() -> None:
    ill = msgspec.structs.replace(
        with_("policy", serial=None, ends_unix_s=None), broker=BrokerPart(connected=False), undervoltage=True
    )
    assert kinds(ill) == [("no_policy", "error"), ("broker", "warning"), ("undervoltage", "warning")]
    assert verdict(ill, "en").startswith("3 things to look at: no valid policy")


def test_several_can_be_told_on_one_line() -> None:
    ill = msgspec.structs.replace(with_("clock", synchronised=False), undervoltage=True)
    assert verdict(ill, "en", most=2) == (
        "2 things to look at: the supply voltage is too low; the clock is not synchronised."
    )
    assert verdict(ill, "fr", most=2).replace("\u00a0", " ") == (
        "2 points à regarder : la tension d'alimentation est trop basse ; l'horloge n'est pas synchronisée."
    )


@pytest.mark.parametrize(
    ("trouble", "french"),
    [
        (Trouble("policy_ends", "warning", 1_798_761_600.0), "la politique prend fin le 01/01/2027"),
        (Trouble("disk_full", "warning", 0.024), "le disque est presque plein (2 % libre)"),
        (Trouble("too_hot", "warning", 81.4), "la carte est trop chaude (81 °C)"),
        (Trouble("server_silent", "error", "ns-1"), "le serveur ns-1 ne répond pas"),
    ],
)
def test_values_are_told_as_people_write_them(trouble: Trouble, french: str) -> None:
    assert trouble.in_words("fr", PARIS).replace("\u00a0", " ") == french
