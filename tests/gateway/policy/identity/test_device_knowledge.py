"""What the gateway learns of devices: by the server's events, from files, and over a restart."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from gateway.broker.settings import Message
from gateway.config.policy_section import PolicySection
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.claim import Claim, Limits
from gateway.policy.identity import device_knowledge
from gateway.policy.identity.device_knowledge import DeviceKnowledge
from tests.gateway.policy.frames import CITY_ADDR, CITY_EUI, METROPOLIS_ADDR, METROPOLIS_EUI, STRANGER_ADDR

CLAIM = Claim("city", "meters", (Limits(), Limits(), Limits()))
NO_TEXT = b'{"deviceInfo":{"devEui":"70b3d57ed0000001"},"devAddr":"\xff"}'
KEYS = """
[[device]]
dev_addr = "{dev_addr:08X}"
dev_eui = "{dev_eui:016X}"
nwk_s_key = "000102030405060708090A0B0C0D0E0F"
"""


class Gateway:
    """The knowledge of a gateway whose files lie in one directory."""

    def __init__(self, directory: Path, *, bindings: str | None = None, keys: str | None = None) -> None:
        self.directory = directory
        self.bindings_path, self.keys_path = directory / "bindings.txt", directory / "keys.toml"
        if bindings is not None:
            self.bindings_path.write_text(bindings, encoding="utf-8")
        if keys is not None:
            self.write_keys(keys)
        self.section = PolicySection(
            "refuse",
            bindings_file=None if bindings is None else str(self.bindings_path),
            session_keys=None if keys is None else str(self.keys_path),
        )
        self.ledger = Ledger()
        self.knowledge = self.started()

    def started(self) -> DeviceKnowledge:
        return DeviceKnowledge(self.section, self.directory / "bindings", "EU868", self.ledger, lambda: 1000)

    def write_keys(self, text: str) -> None:
        self.keys_path.write_text(text, encoding="utf-8")
        self.keys_path.chmod(0o600)

    def reload(self) -> None:
        asyncio.run(self.knowledge.read_files())

    def tell(self, kind: str, dev_eui: int, dev_addr: int, *, retained: bool = False, **more: object) -> None:
        body = {"deviceInfo": {"devEui": f"{dev_eui:016x}"}, "devAddr": f"{dev_addr:08x}", **more}
        topic = f"application/1/device/{dev_eui:016x}/event/{kind}"
        self.knowledge.take_message(Message(topic, json.dumps(body).encode(), retained))

    def bound(self, dev_addr: int) -> list[int]:
        return [binding.dev_eui for binding in self.knowledge.bindings.at(dev_addr)]

    def keyed(self, dev_addr: int) -> list[int]:
        authenticator = self.knowledge.authenticator
        assert authenticator is not None
        return [keys.dev_eui for keys in authenticator.keyring.at(dev_addr, self.knowledge.bindings)]


class TestEvents:
    def test_a_join_binds_and_releases_what_was_bound_before(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        gateway.tell("join", CITY_EUI, CITY_ADDR)
        gateway.tell("join", CITY_EUI, METROPOLIS_ADDR)
        assert (gateway.bound(CITY_ADDR), gateway.bound(METROPOLIS_ADDR)) == ([], [CITY_EUI])

    def test_an_uplink_binds_too(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        gateway.tell("up", CITY_EUI, CITY_ADDR, data="c2VjcmV0", object={"water": 3})
        assert gateway.bound(CITY_ADDR) == [CITY_EUI]

    def test_what_a_dev_addr_has_used_is_its_device_s_once_that_is_known(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        gateway.ledger.uplink(CLAIM, ~CITY_ADDR, UplinkCost(20, 50_000, 1), 500)
        gateway.tell("up", CITY_EUI, CITY_ADDR)
        assert gateway.ledger.accounts_of(CLAIM, CITY_EUI)[0].uplinks.count == 1

    def test_what_others_used_under_a_dev_addr_is_not_its_new_device_s(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        for kind, before in (("join", None), ("up", METROPOLIS_ADDR)):
            if before is not None:
                gateway.tell("up", CITY_EUI, before)
            gateway.ledger.uplink(CLAIM, ~CITY_ADDR, UplinkCost(20, 50_000, 1), 500)
            gateway.tell(kind, CITY_EUI, CITY_ADDR)
            assert gateway.ledger.accounts_of(CLAIM, CITY_EUI)[0].uplinks.count == 0

    def test_nor_is_what_another_depositor_s_block_was_charged(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        gateway.knowledge.may_adopt = lambda _dev_addr, _dev_eui: False
        gateway.ledger.uplink(CLAIM, ~CITY_ADDR, UplinkCost(20, 50_000, 1), 500)
        gateway.tell("up", CITY_EUI, CITY_ADDR)
        assert gateway.ledger.accounts_of(CLAIM, CITY_EUI)[0].uplinks.count == 0

    def test_what_a_shared_dev_addr_has_used_is_nobody_s_in_particular(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        gateway.tell("up", METROPOLIS_EUI, CITY_ADDR)
        gateway.ledger.uplink(CLAIM, ~CITY_ADDR, UplinkCost(20, 50_000, 1), 500)
        gateway.tell("up", CITY_EUI, CITY_ADDR)
        assert gateway.ledger.accounts_of(CLAIM, CITY_EUI)[0].uplinks.count == 0

    def test_what_a_broker_kept_from_before_teaches_nothing(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path)
        gateway.tell("join", CITY_EUI, CITY_ADDR, retained=True)
        assert gateway.bound(CITY_ADDR) == []

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"devAddr":"26011A07"}', NO_TEXT, b"\xff" * 9])
    def test_what_cannot_be_read_teaches_nothing(self, tmp_path: Path, body: bytes) -> None:
        gateway = Gateway(tmp_path)
        topic = f"application/1/device/{CITY_EUI:016x}/event/up"
        gateway.knowledge.take_message(Message(topic, body))
        gateway.knowledge.take_message(Message("something/else", body))
        assert len(gateway.knowledge.bindings) == 0


class TestBindingsFile:
    def test_it_is_read_at_the_start(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, bindings=f"{CITY_ADDR:08X} {CITY_EUI:016X}\n")
        assert gateway.bound(CITY_ADDR) == [CITY_EUI]

    def test_it_is_read_again_and_its_former_content_forgotten(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, bindings=f"{CITY_ADDR:08X} {CITY_EUI:016X}\n")
        gateway.bindings_path.write_text(f"{STRANGER_ADDR:08X} {CITY_EUI:016X}\n", encoding="utf-8")
        gateway.reload()
        assert (gateway.bound(CITY_ADDR), gateway.bound(STRANGER_ADDR)) == ([], [CITY_EUI])

    def test_a_change_is_noticed_without_being_asked_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(device_knowledge, "LOOK_S", 0.01)
        gateway = Gateway(tmp_path, bindings=f"{CITY_ADDR:08X} {CITY_EUI:016X}\n")

        async def scenario() -> None:
            running = asyncio.create_task(gateway.knowledge.run())
            gateway.bindings_path.write_text(f"# moved\n{STRANGER_ADDR:08X} {CITY_EUI:016X}\n", encoding="utf-8")
            async with asyncio.timeout(30):
                while not gateway.bound(STRANGER_ADDR):  # noqa: ASYNC110 - bindings have no event to wait for
                    await asyncio.sleep(0.01)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

        asyncio.run(scenario())

    def test_a_mistake_in_it_changes_nothing(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, bindings=f"{CITY_ADDR:08X} {CITY_EUI:016X}\n")
        gateway.bindings_path.write_text("nonsense\n", encoding="utf-8")
        gateway.reload()
        gateway.bindings_path.unlink()
        gateway.reload()
        assert gateway.bound(CITY_ADDR) == [CITY_EUI]

    def test_a_start_without_the_file_goes_on_until_it_is_there(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, bindings="")
        gateway.bindings_path.unlink()
        gateway.knowledge = gateway.started()
        gateway.bindings_path.write_text(f"{CITY_ADDR:08X} {CITY_EUI:016X}\n", encoding="utf-8")
        gateway.reload()
        assert gateway.bound(CITY_ADDR) == [CITY_EUI]


class TestSessionKeys:
    def test_a_device_that_joins_has_other_keys(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, keys=KEYS.format(dev_addr=CITY_ADDR, dev_eui=CITY_EUI))
        assert gateway.keyed(CITY_ADDR) == [CITY_EUI]
        gateway.tell("join", CITY_EUI, CITY_ADDR)
        assert gateway.keyed(CITY_ADDR) == []
        gateway.reload()
        assert gateway.keyed(CITY_ADDR) == [CITY_EUI]

    def test_a_join_that_was_missed_shows_in_an_uplink(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, keys=KEYS.format(dev_addr=CITY_ADDR, dev_eui=CITY_EUI))
        gateway.tell("up", CITY_EUI, CITY_ADDR)
        assert gateway.keyed(CITY_ADDR) == [CITY_EUI]
        gateway.tell("up", CITY_EUI, STRANGER_ADDR)
        gateway.tell("up", CITY_EUI, CITY_ADDR)
        assert gateway.keyed(CITY_ADDR) == []

    def test_a_start_with_unusable_keys_goes_on_until_they_are_mended(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, keys="nonsense")
        assert gateway.keyed(CITY_ADDR) == []
        gateway.write_keys(KEYS.format(dev_addr=CITY_ADDR, dev_eui=CITY_EUI))
        gateway.reload()
        assert gateway.keyed(CITY_ADDR) == [CITY_EUI]

    def test_a_file_that_others_can_read_changes_nothing(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path, keys=KEYS.format(dev_addr=CITY_ADDR, dev_eui=CITY_EUI))
        gateway.write_keys(KEYS.format(dev_addr=METROPOLIS_ADDR, dev_eui=METROPOLIS_EUI))
        gateway.keys_path.chmod(0o644)
        gateway.reload()
        assert gateway.keyed(CITY_ADDR) == [CITY_EUI]


def test_what_was_learnt_outlives_a_stop(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.tell("join", CITY_EUI, CITY_ADDR)

    async def stop() -> None:
        running = asyncio.create_task(gateway.knowledge.run())
        await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(stop())
    gateway.knowledge = gateway.started()
    assert gateway.bound(CITY_ADDR) == [CITY_EUI]


def test_a_disk_that_fails_ends_nothing(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.tell("join", CITY_EUI, CITY_ADDR)
    (tmp_path / "bindings").mkdir()

    async def stop() -> None:
        running = asyncio.create_task(gateway.knowledge.run())
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(stop())


def test_what_was_learnt_a_moment_ago_outlives_a_kill(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.tell("join", CITY_EUI, CITY_ADDR)
    gateway.tell("up", METROPOLIS_EUI, METROPOLIS_ADDR)
    gateway.tell("join", CITY_EUI, STRANGER_ADDR)
    gateway.knowledge = gateway.started()
    assert (gateway.bound(CITY_ADDR), gateway.bound(STRANGER_ADDR)) == ([], [CITY_EUI])
    assert gateway.bound(METROPOLIS_ADDR) == [METROPOLIS_EUI]


def test_all_of_it_is_written_now_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_knowledge, "LOOK_S", 0.01)
    gateway = Gateway(tmp_path)
    gateway.tell("join", CITY_EUI, CITY_ADDR)

    async def scenario() -> None:
        running = asyncio.create_task(gateway.knowledge.run())
        async with asyncio.timeout(30):
            while not (tmp_path / "bindings").exists():  # noqa: ASYNC110 - a file has no event to wait for
                await asyncio.sleep(0.01)
        assert not running.done()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(scenario())
