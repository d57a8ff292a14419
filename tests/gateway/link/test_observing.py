"""Signals made from the daemon's objects."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from forwarder.backend import BackendCounters, Deliver, EmissionId, GatewayStats, OnFate, Uplink
from gateway.broker.client import BrokerState
from gateway.host_policy import NoHostPolicy
from gateway.host_state import Power
from gateway.link.observing import START_PATIENCE_S, Observer
from gateway.link.signals import Maintenance, ServerSignal
from gateway.listener import Listener, RestartPolicy
from gateway.pipeline import Pipeline
from gateway.supervision.repairs import Deafness
from gateway.system_clock import SystemClock
from radio.simulator import BusFault, SimulatedConcentrator, Transmission
from tests.gateway.rig import PATIENCE_S, configuration, listener

UNIX_S = 1_780_000_000


class Server:
    """A network server's end, with counters that the test sets."""

    on_fate: OnFate | None = None
    keeps_order = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = BackendCounters()

    async def run(self, deliver: Deliver) -> None: ...

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None: ...

    def send_stats(self, stats: GatewayStats) -> None: ...

    def radio_started(self) -> None: ...

    def emission_ended(self, emission: EmissionId, failure: str) -> None: ...


class Radio:
    """A radio's life at the test's will."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.concentrator: object | None = object()
        self.temperature_c: float | None = 41.5
        self.silent_s: float | None = 0.0
        self.deafness: Deafness | None = None
        self.usual_silence_s: float | None = 60.0

    def lose(self) -> None:
        self.concentrator = self.silent_s = self.temperature_c = None

    def start(self) -> None:
        self.concentrator, self.silent_s, self.temperature_c = object(), 0.0, 41.5


class Broker:
    def __init__(self) -> None:
        self.state = BrokerState()


class Gnss:
    """What a gateway with a receiver has."""

    utc_ns: int | None = None
    position = agreed_s = problem = None

    def times_of(self, _counter_us: int) -> tuple[None, None]:
        return None, None

    def linear_us_at_gps(self, _gps_ms: int) -> None: ...

    def summary(self) -> dict[str, object]:
        return {}


class Policy(NoHostPolicy):
    """A host's policy, of which only the summary is asked."""

    def __init__(self, **told: object) -> None:
        self.told = told

    def summary(self) -> dict[str, object]:
        return self.told


class Daemon:
    """The objects that links depend on."""

    def __init__(self, path: Path) -> None:
        self.now_s = 5000.0
        self.unix_s: int | None = UNIX_S
        self.radio, self.broker, self.pipeline = Radio(), Broker(), Pipeline()
        self.server = Server("main")
        self.pipeline.add(self.server)
        self.planned: Maintenance | None = None
        self.throttled, self.hwmon, self.state_dir = path / "get_throttled", path / "hwmon", path
        self.observer = self.make()

    def make(self, *, broker: bool = True, keepalive_s: float = 10.0) -> Observer:
        return Observer(
            self.radio,
            self.pipeline,
            self,
            self.broker if broker else None,
            self.state_dir,
            maintenance=lambda: self.planned,
            keepalives_s={"main": keepalive_s},
            now_s=lambda: self.now_s,
            throttled=self.throttled,
            hwmon=self.hwmon,
        )

    def unix_time_s(self) -> int | None:
        return self.unix_s

    def hear(self) -> None:
        totals = self.pipeline.totals
        self.pipeline.totals = msgspec.structs.replace(totals, packets_received=totals.packets_received + 1)


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon(tmp_path)


class TestServers:
    """A server's silence is counted from its last answer, or from the start."""

    def test_one_that_never_answered_is_silent_since_the_start(self, daemon: Daemon) -> None:
        daemon.now_s += 7
        assert daemon.observer.look().servers == (ServerSignal("main", False, 7.0, 28.0),)

    def test_one_that_answered_is_silent_since_then(self, daemon: Daemon) -> None:
        daemon.server.counters = BackendCounters(connected=True, last_acknowledged_s=5010.0)
        daemon.now_s = 5012.5
        assert daemon.observer.look().servers == (ServerSignal("main", True, 2.5, 28.0),)

    def test_a_slow_keepalive_is_given_more_patience(self, daemon: Daemon) -> None:
        assert daemon.make(keepalive_s=60.0).look().servers[0].patience_s == 168.0


class TestBroker:
    """None where there is none, and lost since it was."""

    def test_without_one_nothing_is_said_of_it(self, daemon: Daemon) -> None:
        signals = daemon.make(broker=False).look()
        assert (signals.broker_connected, signals.broker_lost_s) == (None, None)

    def test_lost_since_it_was_lost_or_since_the_start(self, daemon: Daemon) -> None:
        daemon.now_s += 9
        assert daemon.observer.look().broker_lost_s == 9
        daemon.broker.state = BrokerState(False, 5006.0)
        assert daemon.observer.look().broker_lost_s == 3
        daemon.broker.state = BrokerState(True, 5008.0)
        signals = daemon.observer.look()
        assert (signals.broker_connected, signals.broker_lost_s) == (True, None)


class TestRadio:
    """At work, lost since when, silent since when, and how often it was started again."""

    def test_a_first_start_that_goes_on_is_no_loss_unless_it_hangs(self, daemon: Daemon) -> None:
        daemon.radio.lose()
        daemon.observer = daemon.make()
        assert daemon.observer.look().radio is None
        daemon.now_s += START_PATIENCE_S
        radio = daemon.observer.look().radio
        assert radio is not None
        assert (radio.working, radio.lost_s) == (False, 0)
        assert radio.problem

    def test_a_first_start_that_failed_is_a_loss(self, daemon: Daemon) -> None:
        daemon.radio.lose()
        daemon.observer = daemon.make()
        daemon.radio.problem = "no chip answers"
        radio = daemon.observer.look().radio
        assert radio is not None
        assert (radio.working, radio.problem) == (False, "no chip answers")

    def test_a_radio_is_lost_since_it_was_first_seen_so(self, daemon: Daemon) -> None:
        assert daemon.observer.look().radio is not None
        daemon.radio.lose()
        daemon.observer.look()
        daemon.now_s += 4
        radio = daemon.observer.look().radio
        assert radio is not None
        assert (radio.working, radio.lost_s) == (False, 4)

    def test_restarts_are_counted_though_nobody_looked_in_between(self, daemon: Daemon) -> None:
        daemon.observer.look()
        for _ in range(3):
            daemon.radio.start()
            daemon.observer.look()
        radio = daemon.observer.look().radio
        assert radio is not None
        assert (radio.working, radio.restarts, radio.lost_s) == (True, 3, None)

    def test_silence_outlasts_a_restart(self, daemon: Daemon) -> None:
        daemon.hear()
        daemon.observer.look()
        daemon.now_s += 100
        daemon.radio.start()
        radio = daemon.observer.look().radio
        assert radio is not None
        assert radio.silent_s == 100
        daemon.hear()
        radio = daemon.observer.look().radio
        assert radio is not None
        assert radio.silent_s == 0

    def test_what_is_usual_is_told(self, daemon: Daemon) -> None:
        radio = daemon.observer.look().radio
        assert radio is not None
        assert (radio.usual_silence_s, radio.deafness, radio.deaf_s) == (60, None, None)

    def test_a_radio_has_been_deaf_since_it_heard_last_also_where_it_hears_again_by_now(self, daemon: Daemon) -> None:
        daemon.hear()
        daemon.observer.look()
        daemon.now_s += 300
        daemon.radio.deafness = Deafness.BEING_MENDED
        daemon.hear()
        radio = daemon.observer.look().radio
        assert radio is not None
        assert (radio.deafness, radio.deaf_s, radio.silent_s) == (Deafness.BEING_MENDED, 300, 0)
        daemon.radio.deafness = None
        radio = daemon.observer.look().radio
        assert radio is not None
        assert radio.deaf_s is None


class TestPower:
    """Undervoltage, by the kernel's driver or by the firmware's word."""

    @pytest.mark.parametrize(
        ("text", "told"), [("0\n", False), ("50005\n", True), ("50000\n", False), ("1", True), ("e0008", False)]
    )
    def test_the_firmwares_word_is_a_hexadecimal_number(self, daemon: Daemon, text: str, told: bool) -> None:
        daemon.throttled.write_text(text, encoding="ascii")
        assert daemon.observer.look().undervoltage is told

    @pytest.mark.parametrize(("text", "told"), [("0\n", False), ("1\n", True)])
    def test_the_kernels_driver_is_asked_first(self, daemon: Daemon, text: str, told: bool) -> None:
        daemon.throttled.write_text("zzz", encoding="ascii")
        for number, name in enumerate(("cpu_thermal", "rpi_volt")):
            (daemon.hwmon / f"hwmon{number}").mkdir(parents=True)
            (daemon.hwmon / f"hwmon{number}/name").write_text(f"{name}\n", encoding="ascii")
        (daemon.hwmon / "hwmon1/in0_lcrit_alarm").write_text(text, encoding="ascii")
        assert daemon.make().look().undervoltage is told

    def test_elsewhere_nobody_knows_and_nothing_is_said(self, daemon: Daemon) -> None:
        with capture_logs() as logs:
            assert daemon.observer.look().undervoltage is None
        assert logs == []

    def test_what_cannot_be_read_is_said_once(self, daemon: Daemon) -> None:
        daemon.throttled.write_text("zzz", encoding="ascii")
        with capture_logs() as logs:
            assert [daemon.observer.look().undervoltage for _ in range(3)] == [None] * 3
        assert [log["event"] for log in logs] == ["the board's voltage cannot be read"]

    def test_the_real_places_raise_nothing(self) -> None:
        assert Power(Path("/sys/devices/platform/soc"), Path("/sys/class/hwmon")).undervoltage() in (None, True, False)


class TestDisk:
    """How much is free, and why nothing can be written."""

    def test_it_is_that_of_the_state(self, daemon: Daemon) -> None:
        signals = daemon.observer.look()
        assert signals.disk_free_share is not None
        assert 0 <= signals.disk_free_share <= 1
        assert signals.disk_error is None

    def test_a_directory_that_is_gone_is_an_error_and_said_once(self, daemon: Daemon) -> None:
        daemon.state_dir /= "gone"
        observer = daemon.make()
        with capture_logs() as logs:
            signals = [observer.look() for _ in range(3)][-1]
        assert (signals.disk_free_share, signals.disk_error) == (None, "No such file or directory")
        assert len(logs) == 1

    def test_accounts_that_cannot_be_kept_are_told_by_the_policy(self, daemon: Daemon) -> None:
        daemon.pipeline.policy = Policy(policy_serial=7, accounts_error="No space left on device")
        signals = daemon.observer.look()
        assert (signals.policy_serial, signals.accounts_error) == (7, "No space left on device")


class TestTime:
    """Whether a time can be told, and by whom."""

    def test_the_hosts_clock(self, daemon: Daemon) -> None:
        signals = daemon.observer.look()
        assert (signals.clock_synchronised, signals.unix_s, signals.gnss) == (True, UNIX_S, None)
        daemon.unix_s = None
        signals = daemon.observer.look()
        assert (signals.clock_synchronised, signals.unix_s) == (False, None)

    def test_a_receiver(self, daemon: Daemon) -> None:
        receiver = Gnss()
        daemon.pipeline.gnss = receiver
        assert daemon.observer.look().gnss is False
        receiver.utc_ns = UNIX_S * 10**9
        assert daemon.observer.look().gnss is True


def test_temperature_policy_and_planned_work_are_passed_on(daemon: Daemon) -> None:
    signals = daemon.observer.look()
    assert (signals.temperature_c, signals.policy_serial, signals.maintenance) == (41.5, None, None)
    daemon.planned = Maintenance("antenna")
    assert daemon.observer.look().maintenance == daemon.planned


def test_a_real_radio_that_is_lost_and_found_is_seen(tmp_path: Path) -> None:
    async def scenario() -> None:
        chip, pipeline = SimulatedConcentrator(), Pipeline()
        radio = listener(chip, configuration(), RestartPolicy(delays_s=(0.05,) * 5))
        observer = observer_of(radio, pipeline, tmp_path)
        await radio.start()
        listening = asyncio.create_task(radio.listen(pipeline.handle_uplinks))
        await until(lambda: is_working(observer))
        chip.faults.break_bus(BusFault.ERROR)
        await until(lambda: not is_working(observer))
        chip.faults.mend_bus()
        await until(lambda: is_working(observer))
        chip.air.deliver_now(Transmission(b"city light", 868_300_000, -80.0, 7.5, 9))
        await until(lambda: pipeline.totals.packets_received == 1)
        signal = observer.look().radio
        assert signal is not None
        assert signal.restarts >= 1
        assert signal.silent_s == 0
        listening.cancel()
        await radio.stop()

    asyncio.run(scenario())


def observer_of(radio: Listener, pipeline: Pipeline, path: Path) -> Observer:
    return Observer(radio, pipeline, SystemClock(lambda: None), None, path)


def is_working(observer: Observer) -> bool:
    radio = observer.look().radio
    return radio is not None and radio.working


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_S * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
