"""A ledger is written, synced in time and no more often than the flash bears, and outlives a disk that fails."""

import asyncio
import os
from pathlib import Path

import pytest

from gateway.policy.accounts.account import DAY_MS, HOUR_MS
from gateway.policy.accounts.journal_store import Sync
from gateway.policy.accounts.ledger import MOST_UNWRITTEN, RETRY_MS, SYNC_BURST, SYNC_EVERY_MS, SYNC_MS, SyncBudget
from gateway.policy.accounts.ledger_keeping import keep
from gateway.policy.claim import Claim
from gateway.policy.outcome import Level
from tests.gateway.policy.accounts.ledger_gateway import CITY, FREE, LAMP, METROPOLE, ONE_A_MINUTE, Gateway, disk_error


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """A gateway at its first start."""
    return Gateway(tmp_path / "accounts")


def test_a_disk_that_fails_is_told_and_costs_nothing_once_it_works(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def disk_full(descriptor: int, content: bytes) -> int:
        write(descriptor, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    gateway.uplink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", disk_full)
        for _ in range(3):
            assert gateway.uplink().refusal is None
        assert gateway.ledger.write_error == "No space left on device"
        assert gateway.ledger.start_sync(gateway.now_ms) is None
    gateway.uplink()
    # Not each batch tries again: all that waits is written anew each time.
    assert gateway.ledger.write_error == "No space left on device"
    gateway.ledger.write(gateway.now_ms + RETRY_MS)
    assert not gateway.ledger.write_error
    assert gateway.ledger.given_up == 0
    gateway.sync()
    accounts = gateway.ledger.accounts_of(CITY, LAMP)
    gateway.start()
    assert gateway.ledger.accounts_of(CITY, LAMP) == accounts
    assert (accounts[0].uplinks.count, gateway.opened.problems) == (5, [])


def test_of_too_many_unwritten_charges_the_oldest_are_given_up_and_counted(gateway: Gateway) -> None:
    gateway.directory.rmdir()
    for number in range(MOST_UNWRITTEN + 7):
        gateway.ledger.join(CITY, number, gateway.now_ms)
    gateway.ledger.write(gateway.now_ms)
    assert (gateway.ledger.given_up, gateway.ledger.unsynced) == (7, MOST_UNWRITTEN)
    assert gateway.ledger.accounts_of(CITY, 0)[0].joins.count == 1


def test_a_failed_sync_is_told_until_one_succeeds(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway.uplink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", disk_error)
        gateway.sync()
    gateway.uplink()
    assert gateway.ledger.write_error == "Input/output error"
    assert gateway.ledger.unsynced == 2
    gateway.sync()
    assert not gateway.ledger.write_error
    assert gateway.ledger.unsynced == 0
    gateway.start()
    assert (gateway.opened.charges, gateway.opened.problems) == (2, [])


def test_a_charge_is_synced_within_a_minute(gateway: Gateway) -> None:
    ledger = gateway.ledger
    assert not ledger.sync_is_due(gateway.now_ms)
    gateway.uplink()
    gateway.boottime_ms += SYNC_MS - 1
    gateway.uplink()
    assert not ledger.sync_is_due(gateway.now_ms)
    gateway.boottime_ms += 1
    assert ledger.sync_is_due(gateway.now_ms)
    gateway.sync()
    gateway.boottime_ms += SYNC_MS
    assert not ledger.sync_is_due(gateway.now_ms)
    assert SYNC_MS < 60_000


@pytest.mark.parametrize("level", Level)
def test_a_refusal_wants_a_sync_where_what_it_is_for_is_not_on_the_disk(gateway: Gateway, level: Level) -> None:
    limits = dict.fromkeys(Level, FREE) | {level: ONE_A_MINUTE}
    claim = Claim("city", "lamps", (limits[Level.DEVICE], limits[Level.GROUP], limits[Level.DEPOSITOR]))
    called: list[bool] = []
    gateway.ledger.on_refusal = lambda: called.append(True)
    gateway.uplink(claim)
    assert not gateway.ledger.sync_is_due(gateway.now_ms)
    assert gateway.uplink(claim).refusal is not None
    assert called == [True]
    assert gateway.ledger.sync_is_due(gateway.now_ms)
    gateway.sync()
    gateway.uplink(METROPOLE, 7)
    assert gateway.uplink(claim).refusal is not None
    assert called == [True]
    assert not gateway.ledger.sync_is_due(gateway.now_ms)


def test_a_refusal_during_a_sync_that_fails_is_not_taken_for_safe(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Claim("city", "lamps", (ONE_A_MINUTE, FREE, FREE))
    gateway.uplink(claim)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", disk_error)
        gateway.sync()
    assert gateway.uplink(claim).refusal is not None
    assert gateway.ledger.sync_is_due(gateway.now_ms)


def test_what_a_killed_process_wrote_is_on_the_disk_before_the_next_one_begins(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.uplink()
    [segment] = gateway.directory.iterdir()
    synced: list[str] = []
    fdatasync = os.fdatasync

    def watched(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fdatasync(descriptor)

    monkeypatch.setattr(os, "fdatasync", watched)
    gateway.start()
    assert synced == [str(segment)]


def test_a_disk_that_cannot_sync_at_the_start_is_told(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway.uplink()
    monkeypatch.setattr(os, "fdatasync", disk_error)
    gateway.start()
    assert gateway.ledger.accounts_of(CITY, LAMP)[0].uplinks.count == 1
    assert "may not outlive a power cut: Input/output error" in gateway.opened.problems[0]


def test_syncs_for_refusals_have_a_budget() -> None:
    budget = SyncBudget()
    taken = sum(budget.take(now_ms) for now_ms in range(0, HOUR_MS, 250))
    assert taken == SYNC_BURST + (HOUR_MS - 250) // SYNC_EVERY_MS
    assert not budget.take(0)


def test_a_new_ledger_that_charged_nothing_leaves_no_file(gateway: Gateway) -> None:
    gateway.ledger.write(gateway.now_ms + DAY_MS)
    gateway.ledger.close(gateway.now_ms)
    assert list(gateway.directory.iterdir()) == []


def test_after_its_end_a_ledger_goes_on_in_memory(gateway: Gateway) -> None:
    gateway.ledger.close(gateway.now_ms)
    assert gateway.uplink().refusal is None
    assert gateway.ledger.unsynced == 0


def test_a_ledger_is_kept_until_cancelled_and_then_on_the_disk(gateway: Gateway) -> None:
    async def scenario() -> None:
        keeping = asyncio.create_task(keep(gateway.ledger, lambda: gateway.now_ms))
        await asyncio.sleep(0)
        gateway.ledger.join(CITY, LAMP, gateway.now_ms)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(scenario())
    assert gateway.ledger.unsynced == 0
    gateway.start()
    assert gateway.opened.charges == 1


def test_a_refusal_is_synced_without_waiting_for_the_next_look(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.policy.accounts.ledger_keeping.TICK_S", 3600.0)
    claim = Claim("city", "lamps", (ONE_A_MINUTE, FREE, FREE))

    async def scenario() -> None:
        synced = asyncio.Event()
        finish = gateway.ledger.finish_sync

        def finish_and_tell(sync: Sync) -> None:
            finish(sync)
            synced.set()

        monkeypatch.setattr(gateway.ledger, "finish_sync", finish_and_tell)
        keeping = asyncio.create_task(keep(gateway.ledger, lambda: gateway.now_ms))
        await asyncio.sleep(0)
        gateway.uplink(claim)
        assert gateway.ledger.unsynced == 1
        gateway.uplink(claim)
        async with asyncio.timeout(30):
            await synced.wait()
        assert gateway.ledger.unsynced == 0
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(scenario())


def test_damage_is_told_with_its_file(gateway: Gateway) -> None:
    gateway.uplink()
    [segment] = gateway.directory.iterdir()
    segment.write_bytes(segment.read_bytes()[:-1])
    gateway.start()
    assert gateway.opened.damaged == 1
    assert str(segment) in gateway.opened.problems[0]
