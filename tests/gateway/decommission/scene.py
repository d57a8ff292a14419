"""A gateway at its end: everything that one keeps, with real stores where their content matters."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.link.evidence.chain import EVERYBODY, Kind
from gateway.link.evidence.gateway_key import open_gateway_key
from gateway.link.evidence.segment_files import log_directory
from gateway.link.evidence.store import EvidenceStore
from gateway.link.months.tally import DayTally, DeviceMonth, MonthTally
from tests.forwarder.store.scene import keep, opened, stored
from tests.gateway.link.evidence.scene import draft

EUI = "0016C001FF10A235"
SECRET = b"correct horse battery staple"
Capture = pytest.CaptureFixture[str]


class Gateway:
    """Its configuration and secrets in one directory, its state in another, and where the report goes."""

    def __init__(self, directory: Path) -> None:
        self.etc, self.state, self.report = directory / "etc", directory / "state", directory / "report"
        self.elsewhere = directory / "elsewhere.key"
        self.etc.mkdir()
        self.config = self.etc / "gateway.toml"
        (self.etc / "credentials").mkdir()
        self.password, self.token = self.etc / "password", self.etc / "credentials" / "lns.token"
        for secret in (self.password, self.token, self.elsewhere):
            secret.write_bytes(SECRET)
            secret.chmod(0o600)
        self.config.write_text(self._configuration())
        self.key = open_gateway_key(self.state)
        self._keep()

    def decommission(self, *more: str) -> int:
        """The command, its report written where it is looked for."""
        return main(["decommission", "--config", str(self.config), "--report", str(self.report), *more])

    def end(self, *more: str) -> int:
        """The command, with the EUI given."""
        return self.decommission("--yes", EUI, *more)

    def let_wait(self, count: int) -> None:
        """Uplinks for which no server was there."""
        keep(opened(self.state / "outage"), [stored(key) for key in range(1, count + 1)])

    def kept(self) -> set[str]:
        """The names of all files that still hold anything."""
        return set(_files(self.state))

    def _configuration(self) -> str:
        return f"""
        [gateway]
        name = "tour-perret"
        state_dir = "{self.state}"
        [radio]
        bus = "simulator"
        region_plan = "EU868"
        [broker]
        host = "localhost"
        username = "gateway"
        password_file = "{self.password}"
        [[server]]
        name = "lns"
        type = "basics_station"
        uri = "wss://localhost"
        token_file = "credential:lns.token"
        [[server]]
        name = "chirpstack"
        type = "chirpstack_mqtt"
        host = "localhost"
        certificate_file = "{self.elsewhere}.pem"
        key_file = "{self.elsewhere}"
        """

    def _keep(self) -> None:
        store = EvidenceStore(log_directory(self.state, self.key.public.key_id), self.key)
        store.get_ready()
        store.write([draft(EVERYBODY, 0, Kind.GATEWAY, event="started"), draft("metropole", 1, device="x")])
        for name in ("reports", "notices", "accounts", "policy", "cups-lns", "firmware", "months"):
            (self.state / name / "deeper").mkdir(parents=True)
            (self.state / name / "deeper" / "content").write_bytes(SECRET)
        tally = MonthTally(
            "metropole",
            "2026-03",
            {"A26011A00": DeviceMonth(airtime_us=2_500_000)},
            days={"02": DayTally(heard=9, forwarded=8)},
        )
        (self.state / "months" / "2026-03.metropole.json").write_bytes(msgspec.json.encode(tally))
        for name in (
            "bindings",
            "bindings.log.old",
            "links.json.damaged",
            ".known_time.abcdefgh.unfinished",
            "duty_cycle",
        ):
            (self.state / name).write_bytes(b"kept")
        (self.state / "gateway_eui").write_text(f"{EUI}\n")


def _files(directory: Path) -> Iterator[str]:
    for place, _, names in os.walk(directory):
        yield from (str(Path(place, name).relative_to(directory)) for name in names)


def ok(status: int) -> bool:
    """Whether the command did what was asked."""
    return status == ExitStatus.OK
