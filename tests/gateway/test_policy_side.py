"""The policy's place in the daemon: what it needs at the start, and downlinks' airtime to the end."""

import asyncio
import contextlib
import datetime
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from forwarder.backend import AtCounter, AtOnce, Downlink, TxReceipt
from gateway.config import ConfigError, parse_config
from gateway.config.policy_section import PolicySection
from gateway.policy.accounts.ledger_keeping import open_ledger
from gateway.policy.outcome import Outcome
from gateway.policy.source import policy_desk
from gateway.policy_side import PolicySide
from radio.duty_cycle_store import read_boot_id
from radio.packets import CodingRate, TxPacket, TxStatus
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxEntry, TxRequest
from tests.gateway.policy.frames import CITY_ADDR, CITY_EUI, UNCONFIRMED_DOWN, data_frame, join, uplink
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import configuration

PACKET = TxPacket(
    data_frame(CITY_ADDR, 1, mhdr=UNCONFIRMED_DOWN),
    869_525_000,
    14,
    bandwidth_hz=125_000,
    spreading_factor=9,
    coding_rate=CodingRate.CR_4_5,
)
# Enough for one of these downlinks, and not for two.
ONE_DOWNLINK_S = 0.3
DOWNLINK = Downlink("main", 1, PACKET, AtOnce())


def side(host: Host, section: str | None = None, trusted_unix_s: Callable[[], int | None] = lambda: None) -> PolicySide:
    config = configuration(sections=host.section() if section is None else section)
    assert isinstance(config.policy, PolicySection)
    return PolicySide(config.policy, host.directory / "state", "EU868", trusted_unix_s, None)


@contextlib.asynccontextmanager
async def at_work(
    host: Host, section: str | None = None, trusted_unix_s: Callable[[], int | None] = lambda: None
) -> AsyncIterator[PolicySide]:
    """A policy side that has read the host's file."""
    policy = side(host, section, trusted_unix_s)
    running = asyncio.create_task(policy.run())
    try:
        async with asyncio.timeout(30):
            while policy.summary()["policy_serial"] is None:  # noqa: ASYNC110 - a summary is a value
                await asyncio.sleep(0.01)
        yield policy
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host(tmp_path)
    limits = f"daily_downlink_airtime_s = {ONE_DOWNLINK_S}"
    made.publish(made.document(depositor("city", "26011A00/24", CITY_EUI, device_allowance=limits)))
    return made


def report(emission: tuple[int, int], *, failure: str = "", programmed: bool = True) -> EmissionReport:
    entry = TxEntry(emission[0], TxRequest(PACKET, TxClass.C, 100_000), emission[1])
    return EmissionReport(entry, failure, programmed=programmed)


class TestDownlinks:
    def test_what_was_emitted_is_spent(self, host: Host) -> None:
        async def scenario() -> None:
            async with at_work(host) as policy:
                judged = policy.judge_downlink(DOWNLINK)
                assert judged.verdict.forwarded
                policy.answered(judged, TxReceipt(TxStatus.OK, emission=(1, 1000)))
                policy.emission_ended(report((1, 1000)))
                assert policy.judge_downlink(DOWNLINK).verdict.outcome is Outcome.DOWNLINK_AIRTIME
                assert policy.summary()["downlinks_not_permitted"] == 1

        asyncio.run(scenario())

    @pytest.mark.parametrize("status", [TxStatus.TOO_LATE, TxStatus.DUTY_CYCLE_OVERFLOW])
    def test_what_the_law_or_the_queue_refuses_costs_nothing(self, host: Host, status: TxStatus) -> None:
        async def scenario() -> None:
            async with at_work(host) as policy:
                for _ in range(3):
                    judged = policy.judge_downlink(DOWNLINK)
                    assert judged.verdict.forwarded
                    policy.answered(judged, TxReceipt(status))

        asyncio.run(scenario())

    @pytest.mark.parametrize(("programmed", "costs"), [(False, False), (True, True)])
    def test_a_failed_emission_is_given_back_where_the_chip_never_had_it(
        self, host: Host, programmed: bool, costs: bool
    ) -> None:
        async def scenario() -> None:
            async with at_work(host) as policy:
                policy.answered(policy.judge_downlink(DOWNLINK), TxReceipt(TxStatus.OK, emission=(1, 1000)))
                policy.emission_ended(report((1, 1000), failure="too late", programmed=programmed))
                assert policy.judge_downlink(DOWNLINK).verdict.forwarded is not costs

        asyncio.run(scenario())

    def test_an_answer_concerns_only_the_request_before_it(self, host: Host) -> None:
        async def scenario() -> None:
            async with at_work(host) as policy:
                policy.answered(policy.judge_downlink(DOWNLINK), TxReceipt(TxStatus.OK, emission=(1, 1000)))
                refused = policy.judge_downlink(DOWNLINK)
                assert not refused.verdict.forwarded
                policy.answered(refused, TxReceipt(TxStatus.OK, emission=(2, 2000)))
                policy.emission_ended(report((2, 2000), failure="too late", programmed=False))
                assert not policy.judge_downlink(DOWNLINK).verdict.forwarded

        asyncio.run(scenario())


@pytest.mark.parametrize(("choice", "forwarded"), [("refuse", False), ("forward", True)])
def test_the_host_chooses_what_holds_where_no_policy_is_valid(host: Host, choice: str, forwarded: bool) -> None:
    policy = side(host, host.section(when_none_valid=choice))
    (verdict,) = policy.judge_uplinks([uplink(CITY_ADDR)])
    assert (verdict.outcome, verdict.forwarded) == (Outcome.NO_POLICY, forwarded)
    assert policy.judge_downlink(DOWNLINK).verdict.forwarded is forwarded
    told = {"passed_no_policy": 1} if forwarded else {"refused_no_policy": 1, "downlinks_not_permitted": 1}
    assert policy.summary() == {"policy_serial": None, **told}


def test_a_key_that_cannot_be_read_is_told_before_anything_starts(host: Host) -> None:
    host.key_path.write_text("no key", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"policy\.host_keys\[0\]"):
        side(host)


def test_one_key_that_can_be_read_is_enough(host: Host) -> None:
    both = host.section().replace("host_keys = [", f'host_keys = ["{host.directory}/missing.pem", ')

    async def scenario() -> None:
        async with at_work(host, both) as policy:
            assert policy.judge_downlink(DOWNLINK).verdict.forwarded

    asyncio.run(scenario())


def test_a_disk_that_fails_leaves_accounts_in_memory(host: Host) -> None:
    (host.directory / "state").mkdir()
    (host.directory / "state" / "accounts").write_text("in the way", encoding="utf-8")

    async def scenario() -> None:
        async with at_work(host) as policy:
            policy.answered(policy.judge_downlink(DOWNLINK), TxReceipt(TxStatus.OK, emission=(1, 1000)))
            assert not policy.judge_downlink(DOWNLINK).verdict.forwarded
            assert policy.summary()["accounts_error"] == "File exists"

    asyncio.run(scenario())


def test_a_gateway_without_the_section_has_no_policy() -> None:
    assert (
        parse_config(b'[radio]\nbus = "simulator"\nregion_plan = "EU868"\n[[server]]\nname = "a"\nhost = "b"').policy
        is None
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what sets no event."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for is a value
            await asyncio.sleep(0.01)


def test_a_kill_right_after_a_batch_loses_none_of_its_charges(host: Host, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_work(host) as policy:
            policy.judge_uplinks([uplink(CITY_ADDR, 1), uplink(CITY_ADDR, 2)])
            # As the disk is at this moment: nothing is written at a kill.
            shutil.copytree(host.directory / "state" / "accounts", tmp_path / "left")

    asyncio.run(scenario())
    assert open_ledger(tmp_path / "left", read_boot_id()).charges == 2


def test_a_document_that_has_ended_is_followed_no_more(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_desk, "LOOK_S", 0.01)
    now_s = int(time.time())
    ends = datetime.datetime.fromtimestamp(now_s + 30, tz=datetime.UTC).isoformat()
    text = host.document(depositor("city", "26011A00/24", CITY_EUI)).decode()
    host.publish(re.sub(r"valid_until = .*", f"valid_until = {ends}", text, count=1).encode())
    elapsed_s = 0

    async def scenario() -> None:
        nonlocal elapsed_s
        async with at_work(host, None, lambda: now_s + elapsed_s) as policy:
            assert policy.judge_uplinks([uplink(CITY_ADDR, 1)])[0].forwarded
            elapsed_s = 40
            await until(lambda: policy.summary()["policy_serial"] is None)
            (verdict,) = policy.judge_uplinks([uplink(CITY_ADDR, 2)])
            assert (verdict.outcome, verdict.forwarded) == (Outcome.NO_POLICY, False)

    asyncio.run(scenario())


def test_session_keys_are_read_again_when_it_is_asked_for(host: Host) -> None:
    path = host.directory / "keys.toml"
    path.write_text("", encoding="utf-8")
    path.chmod(0o600)

    async def scenario() -> None:
        async with at_work(host, host.section(f'session_keys = "{path}"')) as policy:
            assert policy.judge_uplinks([uplink(CITY_ADDR, 1)])[0].outcome is Outcome.ADMITTED
            key = f'dev_addr = "{CITY_ADDR:08X}"\ndev_eui = "{CITY_EUI:016X}"\nnwk_s_key = "{"00" * 16}"\n'
            path.write_text(f"[[device]]\n{key}", encoding="utf-8")
            policy.reload()
            await until(lambda: policy.judge_uplinks([uplink(CITY_ADDR, 2)])[0].outcome is Outcome.FORGED)
            assert policy.summary()["flag_forged"] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(("status", "is_genuine"), [(TxStatus.OK, True), (TxStatus.TOO_LATE, False)])
def test_a_join_accept_that_is_sent_ends_the_session_before_it(host: Host, status: TxStatus, is_genuine: bool) -> None:
    path = host.directory / "keys.toml"
    key = f'dev_addr = "{CITY_ADDR:08X}"\ndev_eui = "{CITY_EUI:016X}"\nnwk_s_key = "{"00" * 16}"\n'
    path.write_text(f"[[device]]\n{key}", encoding="utf-8")
    path.chmod(0o600)
    accept = msgspec.structs.replace(PACKET, payload=b"\x20" + bytes(16))

    async def scenario() -> None:
        async with at_work(host, host.section(f'session_keys = "{path}"')) as policy:
            policy.judge_uplinks([join(CITY_EUI, counter_us=1_000_000)])
            judged = policy.judge_downlink(Downlink("main", 1, accept, AtCounter(6_000_000)))
            assert judged.verdict.forwarded
            policy.answered(judged, TxReceipt(status, emission=(1, 1000) if status is TxStatus.OK else None))
            (verdict,) = policy.judge_uplinks([uplink(CITY_ADDR, 1)])
            assert (verdict.outcome is Outcome.ADMITTED) is is_genuine

    asyncio.run(scenario())
