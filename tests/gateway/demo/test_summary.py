"""The account of a demonstration."""

from collections import Counter

import msgspec

from forwarder.backend import BackendCounters
from gateway.demo.summary import DownlinkTotals, Reckoning, summary
from radio.simulator import Fate
from radio.simulator.receive_window import WindowKind

DONE = Reckoning(
    transmitted=10,
    fates={Fate.HEARD: 7, Fate.HEARD_DAMAGED: 1, Fate.TOO_WEAK: 2},
    received=8,
    server="demo",
    forwarded=BackendCounters(uplinks_sent=7, uplinks_acknowledged=7, uplinks_filtered=1),
)


def changed(**changes: object) -> Reckoning:
    return msgspec.structs.replace(DONE, **changes)


def test_every_transmission_is_in_one_place() -> None:
    assert summary(DONE) == [
        "10 transmissions: 7 recorded, 2 below the sensitivity, 1 recorded with a bad CRC",
        "8 packets heard: 7 forwarded to demo (7 acknowledged), 1 left out for their CRC",
    ]
    assert DONE.complete


def test_what_is_still_on_the_air_is_said() -> None:
    assert "1 still on the air" in summary(changed(transmitted=11))[0]
    assert not changed(transmitted=11).complete


def test_what_the_chip_recorded_and_nobody_read_is_said() -> None:
    assert "2 recorded by the chip but not read" in summary(changed(received=6))[1]
    assert not changed(received=6).complete


def test_what_nobody_acknowledged_is_said() -> None:
    waiting = changed(forwarded=BackendCounters(uplinks_sent=7, uplinks_acknowledged=4, uplinks_filtered=1))
    assert "3 without acknowledgement" in summary(waiting)[1]
    assert not waiting.complete


def test_what_could_not_be_sent_is_said() -> None:
    dropped = changed(
        forwarded=BackendCounters(uplinks_sent=6, uplinks_acknowledged=6, uplinks_filtered=1, uplinks_dropped=1)
    )
    assert "1 that could not be sent" in summary(dropped)[1]
    assert dropped.complete


HEARD = DownlinkTotals(
    asked=Counter({"join accept": 3, "data": 2}),
    accepted=4,
    refused=Counter({"COLLISION_PACKET": 1}),
    emitted=4,
    heard=Counter({WindowKind.RX2: 1, WindowKind.RX1: 2}),
)


def test_every_downlink_is_in_one_place() -> None:
    assert summary(changed(downlinks=HEARD))[2:] == [
        "5 downlinks (3 join accept, 2 data): 4 accepted, 1 refused (COLLISION_PACKET)",
        "4 emitted: 2 heard in RX1, 1 heard in RX2, 1 not heard",
    ]
    assert changed(downlinks=HEARD).complete


def test_downlinks_under_way_are_said_and_waited_for() -> None:
    waiting = changed(downlinks=DownlinkTotals(asked=Counter({"data": 3}), accepted=1))
    assert summary(waiting)[2:] == [
        "3 downlinks (3 data): 1 accepted, 2 not answered",
        "0 emitted: 1 more not emitted",
    ]
    assert not waiting.complete


def test_an_emission_that_the_gateway_still_watches_is_waited_for() -> None:
    assert not changed(downlinks=HEARD, on_air=1).complete


def test_without_devices_that_hear_nothing_is_said_of_downlinks() -> None:
    assert len(summary(DONE)) == 2
    assert summary(changed(downlinks=DownlinkTotals()))[2:] == ["0 downlinks: 0 accepted", "0 emitted: none"]
