"""Neither a restart nor a kill nor a reboot gives airtime back, and the disk is seldom written."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radio import duty_cycle_store
from radio.duty_cycle import WINDOW_US, Account, Block, fresh_account, lost_account
from radio.duty_cycle_store import CLAIM_PERIOD_US, DutyCycleStore, boottime_us, read_boot_id
from radio.packets import TxStatus
from radio.regulation import Emission, check, record, regulation_for
from tests.radio.test_duty_cycle import busiest_hour_us

EU868 = regulation_for("EU868")
SECOND_US = 1_000_000
LIMIT_US = 36_000_000
NOW_US = 3 * WINDOW_US


class Killed(BaseException):
    """The process ends here."""


class Host:
    """A gateway on a host with true time, of which boots, processes and the store's file come and go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.true_us = 100 * WINDOW_US
        self.boot_us = self.true_us
        self.on_air: list[tuple[int, int]] = []
        self.queued: list[tuple[int, int]] = []
        self.writes = 0
        self.kill_at: str | None = None
        self.start()

    @property
    def now_us(self) -> int:
        """CLOCK_BOOTTIME."""
        return self.true_us - self.boot_us

    def start(self) -> None:
        """A new process."""
        self.kill_at = None
        self.store = DutyCycleStore(self.path, f"boot at {self.boot_us}")
        self.account, _ = self.store.load(self.now_us)

    def write(self, path: Path, content: bytes) -> None:
        """An atomic write without a disk; the process may be killed on either side of it."""
        if self.kill_at == "before the write":
            raise Killed
        path.write_bytes(content)
        self.writes += 1
        if self.kill_at == "after the write":
            raise Killed

    def request(self, lead_us: int, airtime_us: int) -> TxStatus:
        """A downlink: judged, recorded, secured, and left to the chip, which emits it though the process be killed."""
        emission = Emission(self.now_us + lead_us, airtime_us, 868_300_000, 125_000, 14)
        status = check(EU868, emission, self.account)
        if status is TxStatus.OK:
            self.account = record(EU868, self.account, emission, self.now_us)
            self.store.secure(self.account, EU868, emission, self.now_us)
            self.queued.append((self.true_us + lead_us, airtime_us))
        return status

    def wait(self, time_us: int) -> None:
        """Time goes by."""
        self.true_us += time_us
        self.on_air += [emission for emission in self.queued if emission[0] < self.true_us]
        self.queued = [emission for emission in self.queued if emission[0] >= self.true_us]

    def stop(self) -> None:
        """A stop in good order, and a new process."""
        self.store.save(self.account, self.now_us)
        self.start()

    def reboot(self, off_us: int) -> None:
        """The power goes, at any time of an emission, and comes back."""
        self.wait(0)
        self.queued.clear()
        self.true_us += off_us
        self.boot_us = self.true_us
        self.wait(10 * SECOND_US)
        self.start()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host whose gateway has never transmitted."""
    host = Host(tmp_path / "duty_cycle")
    monkeypatch.setattr(duty_cycle_store, "write_atomically", host.write)
    return host


kills = st.sampled_from([None, None, "before the write", "after the write"])
airtimes_us = st.sampled_from([50_000, 400_000, 900_000, SECOND_US, 1_700_000, 9 * SECOND_US])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("burst"), st.integers(1, 40), airtimes_us, kills),
        st.tuples(st.just("wait"), st.sampled_from([SECOND_US, WINDOW_US // 5, WINDOW_US // 2, WINDOW_US])),
        st.tuples(st.sampled_from(["kill", "kill", "stop", "damage"])),
        st.tuples(st.just("reboot"), st.sampled_from([0, SECOND_US, 2 * WINDOW_US])),
    ),
    min_size=6,
    max_size=40,
)
Step = tuple[str] | tuple[str, int] | tuple[str, int, int, str | None]


def take(host: Host, step: Step) -> None:
    """Let one thing happen to a host; what a killed process lacked in order, the next one has."""
    match step:
        case ("burst", int(count), int(airtime_us), kill_at):
            for _ in range(count):
                host.request(SECOND_US, airtime_us)
                host.wait(airtime_us + 1)
            host.kill_at = kill_at
            host.request(SECOND_US, airtime_us)
        case ("wait", int(time_us)):
            host.wait(time_us)
        case ("reboot", int(off_us)):
            host.reboot(off_us)
        case ("stop",):
            host.stop()
        case ("damage",) if host.path.exists():
            host.path.write_bytes(host.path.read_bytes()[:-2])
            host.start()
        case _:
            host.start()


@settings(max_examples=300, deadline=None)
@given(steps)
def test_no_hour_exceeds_its_share_whatever_happens_to_the_process(
    tmp_path_factory: pytest.TempPathFactory, happenings: list[Step]
) -> None:
    host = Host(tmp_path_factory.mktemp("state") / "duty_cycle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duty_cycle_store, "write_atomically", host.write)
        for step in happenings:
            try:
                take(host, step)
            except Killed:
                host.start()
            host.kill_at = None
        host.wait(WINDOW_US)
    assert busiest_hour_us(host.on_air) <= LIMIT_US


def test_a_restart_in_good_order_keeps_the_account_to_the_microsecond(host: Host) -> None:
    for _ in range(35):
        assert host.request(0, SECOND_US) is TxStatus.OK
        host.wait(5 * SECOND_US)
    host.stop()
    assert host.request(0, SECOND_US + 1) is TxStatus.DUTY_CYCLE_OVERFLOW
    assert host.request(0, SECOND_US) is TxStatus.OK


def test_a_kill_costs_no_more_than_the_claim(host: Host) -> None:
    host.request(0, 100_000)
    host.wait(SECOND_US)
    host.request(0, 100_000)
    host.wait(SECOND_US)
    host.start()
    spent_us = 100_000 + LIMIT_US // 20
    assert host.request(0, LIMIT_US - spent_us + 1) is TxStatus.DUTY_CYCLE_OVERFLOW
    assert host.request(0, LIMIT_US - spent_us) is TxStatus.OK


@pytest.mark.parametrize("airtime_us", [20_000, 400_000, 1_000_000, 1_900_000])
def test_a_sub_band_that_is_used_to_the_full_is_written_27_times_an_hour_at_most(host: Host, airtime_us: int) -> None:
    granted = 0
    for _ in range(3600):
        granted += host.request(SECOND_US, airtime_us) is TxStatus.OK
        host.wait(SECOND_US)
    assert granted >= LIMIT_US // airtime_us
    assert host.writes <= 27


def test_what_needs_no_account_writes_nothing(host: Host) -> None:
    for _ in range(10):
        host.wait(WINDOW_US)
        host.start()
    american = Emission(host.now_us, 400_000, 923_300_000, 500_000, 20)
    host.store.secure(host.account, regulation_for("US915_1"), american, host.now_us)
    assert host.writes == 0


def test_the_claims_of_other_sub_bands_survive_a_write(host: Host) -> None:
    emissions = [Emission(SECOND_US, 1000, freq_hz, 125_000, 14) for freq_hz in (868_300_000, 869_525_000)]
    for _ in range(3):
        for emission in emissions:
            host.account = record(EU868, host.account, emission, host.now_us)
            host.store.secure(host.account, EU868, emission, host.now_us)
    assert host.writes == 2


def test_an_emission_beyond_the_claim_s_time_is_written(host: Host) -> None:
    host.request(0, 1000)
    host.request(CLAIM_PERIOD_US, 1000)
    assert host.writes == 2


def test_after_a_failed_write_nothing_is_drawn_from_a_claim(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    host.request(0, 1000)
    monkeypatch.setattr(duty_cycle_store, "write_atomically", disk_full)
    for airtime_us in (2 * SECOND_US, 1000):
        with pytest.raises(OSError, match="No space left"):
            host.request(0, airtime_us)


def test_time_without_power_does_not_count_and_time_since_the_boot_does(host: Host) -> None:
    host.request(0, LIMIT_US - 1)
    host.wait(60 * SECOND_US)
    host.stop()
    host.reboot(off_us=10 * WINDOW_US)
    assert host.request(0, SECOND_US) is TxStatus.DUTY_CYCLE_OVERFLOW
    host.wait(WINDOW_US - 61 * SECOND_US - host.now_us)
    assert host.request(0, SECOND_US) is TxStatus.DUTY_CYCLE_OVERFLOW
    host.wait(SECOND_US)
    assert host.request(0, SECOND_US) is TxStatus.OK


def test_a_clock_that_went_back_forgives_nothing_and_costs_an_hour_at_most(host: Host) -> None:
    host.wait(10 * WINDOW_US)
    host.request(0, LIMIT_US)
    host.wait(60 * SECOND_US)
    host.stop()
    account, _ = host.store.load(SECOND_US)
    for seconds, answer in (
        (1, TxStatus.DUTY_CYCLE_OVERFLOW),
        (3500, TxStatus.DUTY_CYCLE_OVERFLOW),
        (3601, TxStatus.OK),
    ):
        emission = Emission(seconds * SECOND_US, 30 * SECOND_US, 868_300_000, 125_000, 14)
        assert check(EU868, emission, account) is answer


def test_an_emission_that_began_before_the_claim_is_written(host: Host) -> None:
    host.request(0, 1000)
    host.request(-1, 1000)
    assert host.writes == 2


def test_a_first_start_is_fresh_and_says_so(tmp_path: Path) -> None:
    account, notice = DutyCycleStore(tmp_path / "duty_cycle", "a").load(NOW_US)
    assert account == fresh_account(NOW_US)
    assert notice == f"no duty-cycle account at {tmp_path}/duty_cycle: taken as a first start"


def saved(path: Path) -> bytes:
    """An account with one emission, on disk."""
    emission = Emission(NOW_US, SECOND_US, 868_300_000, 125_000, 14)
    account = record(EU868, fresh_account(NOW_US), emission, NOW_US)
    DutyCycleStore(path, "a").save(account, NOW_US)
    return path.read_bytes()


@given(st.data())
def test_any_damage_silences_the_gateway_for_an_hour(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("state") / "duty_cycle"
    whole = saved(path)
    cut = data.draw(st.integers(0, len(whole) - 2))
    flipped = bytearray(whole)
    flipped[cut] ^= data.draw(st.integers(1, 255))
    path.write_bytes(data.draw(st.sampled_from([whole[:cut], bytes(flipped)])))
    account, notice = DutyCycleStore(path, "a").load(NOW_US)
    assert account == lost_account(NOW_US)
    assert notice is not None
    assert "damaged" in notice


def test_a_whole_file_of_another_form_is_damaged_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"%08x\n{}\n" % zlib.crc32(b"{}"))
    assert DutyCycleStore(tmp_path / "file", "a").load(NOW_US)[0] == lost_account(NOW_US)


def test_a_file_that_cannot_be_read_is_a_loss(tmp_path: Path) -> None:
    account, notice = DutyCycleStore(tmp_path, "a").load(NOW_US)
    assert account == lost_account(NOW_US)
    assert notice is not None
    assert "Is a directory. What was transmitted in the last hour is not known" in notice


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    saved(tmp_path / "state" / "file")
    account, notice = DutyCycleStore(tmp_path / "state" / "file", "a").load(NOW_US + SECOND_US)
    assert notice is None
    assert account.blocks == {"EU868 M": (Block(NOW_US, NOW_US + SECOND_US, SECOND_US),)}
    assert account.known_since_us == fresh_account(NOW_US).known_since_us


def test_a_loss_is_kept_once_it_is_saved(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = DutyCycleStore(tmp_path / "file", "a")
    store.save(store.load(NOW_US)[0], NOW_US)
    assert store.load(NOW_US + SECOND_US) == (Account(NOW_US), None)


def test_the_clock_is_that_of_this_boot() -> None:
    assert 0 < boottime_us() <= boottime_us()
    assert read_boot_id() == read_boot_id() != ""
