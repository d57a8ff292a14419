"""The daemon's GNSS time: synchronised with each start of the radio, believed while it is sure, told once."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from gateway import timekeeper as module
from gateway.gnss_time import GatewayPosition
from gateway.timekeeper import MOST_WAITING, PATIENCE_S, SAY_S, Timekeeper, TimeStatus
from radio.counter import COUNTER_MASK, Pulse
from radio.gnss import GnssCounts, GnssEvent, GpsReading, NoPosition, NoTime, Position, TimeSource
from radio.gnss_port import PortHealth
from radio.time_reference import GPS_EPOCH_S, NS_PER_S, SyncOutcome

START_GPS_S = 1_451_628_018
LEAP_S = 18
SECOND_US = 1_000_000
FIRST_PULSE_US = 3 * SECOND_US
CONFIGURED = GatewayPosition(45.0, 5.0, 200)
PATIENCE_REAL_S = 20


class Radio:
    """A concentrator's counter, in steps."""

    def __init__(self, first_pulse_us: int = FIRST_PULSE_US) -> None:
        self.pulse_us: int | None = first_pulse_us
        self.now_us: int | None = first_pulse_us + 100_000
        self.hangs = False

    def linear_now_us(self) -> int | None:
        return self.now_us

    async def pulse(self) -> Pulse | None:
        if self.hangs:
            await asyncio.Event().wait()
        return None if self.now_us is None else Pulse(self.now_us, self.pulse_us)

    def advance(self, seconds: float) -> None:
        assert self.now_us is not None
        self.now_us += round(seconds * SECOND_US)
        self.pulse_us = self.now_us // SECOND_US * SECOND_US


class Port:
    """A receiver's port that says what the test says."""

    def __init__(self) -> None:
        self.health = PortHealth(open=True, failures=0, last_failure="", sentences=GnssCounts())
        self.spoken: asyncio.Queue[list[GnssEvent]] = asyncio.Queue()

    async def run(self, deliver: Callable[[list[GnssEvent]], None]) -> None:
        while True:
            deliver(await self.spoken.get())


class Rig:
    """A timekeeper, its radio, its receiver, and a clock for its log."""

    def __init__(self) -> None:
        self.radio: Radio | None = Radio()
        self.port = Port()
        self.clock_s = 1000.0
        self.keeper = Timekeeper(self.port, lambda: self.radio, CONFIGURED, lambda: self.clock_s)
        self.gps_s = START_GPS_S

    def say(self, *events: GnssEvent) -> list[str]:
        """The receiver speaks; what the log is told of it."""
        with capture_logs() as logs:
            self.keeper.deliver(events)
            asyncio.run(self.keeper.work())
        return [str(log["event"]) for log in logs]

    def second(self, error_s: int = 0, elapsed_s: int = 1) -> list[str]:
        """Time passes, and the receiver tells it."""
        assert self.radio is not None
        self.radio.advance(elapsed_s)
        self.gps_s += elapsed_s
        self.clock_s += elapsed_s
        return self.say(GpsReading((self.gps_s + error_s) * NS_PER_S, LEAP_S, 20))

    def seconds(self, count: int, error_s: int = 0) -> list[str]:
        """Several."""
        return [event for _ in range(count) for event in self.second(error_s)]

    def look(self) -> list[str]:
        """What the log is told now."""
        with capture_logs() as logs:
            self.keeper.look()
        return [str(log["event"]) for log in logs]

    @property
    def pulse_counter_us(self) -> int:
        """The 32-bit counter at the last pulse."""
        assert self.radio is not None
        assert self.radio.pulse_us is not None
        return self.radio.pulse_us & COUNTER_MASK


@pytest.fixture
def rig() -> Rig:
    """One that has heard nothing yet."""
    return Rig()


@pytest.fixture
def sure(rig: Rig) -> Rig:
    """One that has been sure of the time for a while."""
    rig.seconds(20)
    assert rig.keeper.status is TimeStatus.SURE
    return rig


class TestTimes:
    """What is put into messages."""

    def test_they_are_those_of_the_packet(self, sure: Rig) -> None:
        utc_ns = (sure.gps_s + GPS_EPOCH_S - LEAP_S) * NS_PER_S
        assert sure.keeper.times_of(sure.pulse_counter_us - 250_000) == (
            utc_ns - NS_PER_S // 4,
            sure.gps_s * 1000 - 250,
        )

    def test_a_counter_that_wrapped_meanwhile_is_no_matter(self, rig: Rig) -> None:
        rig.radio = Radio(((1 << 32) // SECOND_US - 4) * SECOND_US)
        rig.seconds(12)
        pulse_us = rig.pulse_counter_us
        assert pulse_us < 10 * SECOND_US
        assert rig.keeper.times_of((pulse_us - 10 * SECOND_US) & COUNTER_MASK)[1] == (rig.gps_s - 10) * 1000

    def test_before_the_receiver_is_sure_there_are_none(self, rig: Rig) -> None:
        rig.seconds(2)
        assert rig.keeper.times_of(rig.pulse_counter_us) == (None, None)
        assert rig.keeper.utc_ns is None
        assert rig.keeper.linear_us_at_gps(rig.gps_s * 1000) is None

    def test_while_the_receiver_contradicts_itself_there_are_none(self, sure: Rig) -> None:
        sure.second(error_s=3600)
        assert sure.keeper.times_of(sure.pulse_counter_us) == (None, None)
        sure.second()
        assert sure.keeper.times_of(sure.pulse_counter_us) != (None, None)

    def test_a_moment_in_gps_time_has_its_place_on_the_linear_counter(self, sure: Rig) -> None:
        assert sure.radio is not None
        assert sure.radio.pulse_us is not None
        assert sure.keeper.linear_us_at_gps(sure.gps_s * 1000 + 1500) == sure.radio.pulse_us + 1_500_000

    def test_the_time_now_is_that_of_the_counter_now(self, sure: Rig) -> None:
        assert sure.keeper.utc_ns == (sure.gps_s + GPS_EPOCH_S - LEAP_S) * NS_PER_S + NS_PER_S // 10

    def test_how_long_ago_a_second_agreed_with_a_pulse_is_told_for_screens(self, sure: Rig) -> None:
        assert sure.radio is not None
        before_s = sure.keeper.agreed_s
        assert before_s is not None
        sure.radio.advance(7.0)
        assert sure.keeper.agreed_s == pytest.approx(before_s + 7.0)
        assert sure.keeper.problem is None

    def test_without_a_reference_there_is_a_reason(self, rig: Rig) -> None:
        assert rig.keeper.agreed_s is None
        assert rig.keeper.problem is not None

    def test_without_pulse_there_are_none(self, rig: Rig) -> None:
        assert rig.radio is not None
        rig.radio.pulse_us = None
        for later_s in range(5):
            rig.say(GpsReading((rig.gps_s + later_s) * NS_PER_S, LEAP_S, 20))
        assert rig.keeper.outcomes == {SyncOutcome.PULSE_MISSING: 5}
        assert rig.keeper.times_of(FIRST_PULSE_US) == (None, None)


class TestRadio:
    """Each start of the radio has its own counter."""

    def test_a_radio_that_was_started_again_is_synchronised_anew(self, sure: Rig) -> None:
        sure.radio = Radio(7 * SECOND_US)
        assert sure.keeper.times_of(7 * SECOND_US) == (None, None)
        sure.seconds(2)
        assert sure.keeper.times_of(sure.pulse_counter_us) == (None, None)
        sure.seconds(2)
        assert sure.keeper.times_of(sure.pulse_counter_us)[1] == sure.gps_s * 1000

    def test_while_there_is_none_sentences_are_counted_and_not_used(self, sure: Rig) -> None:
        sure.radio = None
        sure.say(GpsReading(sure.gps_s * NS_PER_S, LEAP_S, 20))
        assert sure.keeper.unused_batches == 1
        assert sure.keeper.times_of(0) == (None, None)

    def test_one_that_hangs_costs_a_moment_and_not_the_listening(
        self, sure: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "PULSE_TIMEOUT_S", 0.0)
        assert sure.radio is not None
        sure.radio.hangs = True
        sure.second()
        assert sure.keeper.unused_batches == 1

    def test_what_comes_faster_than_it_can_be_used_is_bounded(self, rig: Rig) -> None:
        for _ in range(MOST_WAITING + 5):
            rig.keeper.deliver([NoTime(TimeSource.RMC)])
        assert rig.keeper.unused_batches == 5


class TestPosition:
    """The receiver's, else the configured one."""

    def test_the_configured_one_until_the_receiver_tells(self, rig: Rig) -> None:
        rig.say(NoPosition())
        assert rig.keeper.position == CONFIGURED
        rig.say(Position(45.18, 5.73, 212.4))
        assert rig.keeper.position == GatewayPosition(45.18, 5.73, 212.4)

    def test_a_gateway_does_not_move_while_the_receiver_sees_nothing(self, rig: Rig) -> None:
        rig.say(Position(45.18, 5.73, 212.4), NoPosition())
        assert rig.keeper.position == GatewayPosition(45.18, 5.73, 212.4)


class TestLog:
    """What changes is said once."""

    def test_found(self, rig: Rig) -> None:
        assert rig.seconds(20) == ["GNSS time found"]

    def test_in_doubt_and_found_again(self, sure: Rig) -> None:
        assert sure.seconds(3, error_s=3600) == ["GNSS time is in doubt, and not used"]
        assert sure.seconds(20) == ["GNSS time found"]

    def test_lost_when_the_receiver_falls_silent(self, sure: Rig) -> None:
        assert sure.radio is not None
        sure.clock_s += 31
        sure.radio.advance(31)
        assert sure.look() == ["GNSS time lost"]
        assert sure.look() == []
        assert sure.keeper.status is TimeStatus.LOST
        assert sure.keeper.summary() == {"gnss_time": "lost"}

    def test_a_receiver_that_wavers_does_not_fill_the_log(self, sure: Rig) -> None:
        told = [event for number in range(100) for event in sure.second(error_s=number % 2)]
        assert len(told) <= 100 / SAY_S + 1

    def test_a_time_that_is_never_found_is_told_with_the_reason(self, rig: Rig) -> None:
        rig.say(NoTime(TimeSource.NAV_TIMEGPS))
        rig.clock_s += PATIENCE_S
        with capture_logs() as logs:
            rig.keeper.look()
            rig.keeper.look()
        assert [(log["event"], log["reason"]) for log in logs] == [
            ("GNSS time not found yet", "the receiver does not know the time")
        ]

    def test_a_port_that_fails_is_told_once_until_it_is_heard_again(self, rig: Rig) -> None:
        rig.port.health = PortHealth(False, 1, "/dev/ttyS0: No such file or directory", GnssCounts())
        assert rig.look() == ["the GNSS receiver is not heard; its port is tried again"]
        rig.port.health = PortHealth(False, 2, "/dev/ttyS0: No such file or directory", GnssCounts())
        assert rig.look() == []
        assert rig.say(NoTime(TimeSource.RMC)) == ["the GNSS receiver is heard again"]

    def test_noise_is_told_as_such(self, rig: Rig) -> None:
        rig.port.health = PortHealth(True, 0, "", GnssCounts(checksum_errors=7, discarded_bytes=9000))
        rig.clock_s += PATIENCE_S
        with capture_logs() as logs:
            rig.keeper.look()
        assert "7 with a wrong checksum" in logs[0]["reason"]


def test_what_the_port_delivers_is_worked_on(rig: Rig) -> None:
    async def main() -> None:
        running = asyncio.create_task(rig.keeper.run())
        await rig.port.spoken.put([Position(1.0, 2.0, 3.0)])
        async with asyncio.timeout(PATIENCE_REAL_S):
            while rig.keeper.position == CONFIGURED:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.001)
        running.cancel()

    asyncio.run(main())
