"""The page of all faults: each is brought about, and what doctor says of it is written down.

    python -m tests.gateway.doctor.faults_page

writes docs/doctor-faults.md anew.
"""

import asyncio
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Fact, Grade
from gateway.doctor.wording import told, wording_of
from gateway.language import Language
from gateway.log import configure_logging
from tests.gateway.doctor import (
    host_scenes,
    policy_scenes,
    radio_scenes,
    server_scenes,
    service_scenes,
    time_scenes,
)
from tests.gateway.doctor.scene import SCENES

PAGE = Path(__file__).parents[3] / "docs" / "doctor-faults.md"
HEAD = """\
# Every fault that `candelabre doctor` knows

Made by `python -m tests.gateway.doctor.faults_page`, which brings each fault about (a simulated chip, trees of files,
real servers and certificates on loopback, a real Mosquitto, a receiver on a pseudo-terminal) and writes down what
doctor printed, in French and in English. Tests do the same and compare. **✗** has to be mended, **!** can wait. Behind
it stand the likely cause, the next gesture (→), and what to type. Paths, ports and hosts are exchanged for those of an
example, and what others said for "…". How to use doctor: [in French](docteur.fr.md), [in English](doctor.md).

| fault | brought about by | en français | in English |
| --- | --- | --- | --- |
"""
MODULES = (host_scenes, policy_scenes, radio_scenes, server_scenes, service_scenes, time_scenes)
SYMBOLS = {Grade.WARN: "!", Grade.FAIL: "✗"}

# What differs from one machine or moment to the next.
PLACES = (
    ("/boot/", "/boot/"),
    ("/ttyS0", "/dev/ttyS0"),
    ("/state", "/var/lib/candelabre"),
    ("/chip.sock", "/run/chip.sock"),
    ("", "/etc/candelabre"),
)
SAID_BY_OTHERS = (Check.SERVER, Check.CERTIFICATES, Check.BROKER, Check.GNSS, Check.DISK)
LOOPBACK = re.compile(r"127\.[\d.]+")
EXAMPLE: Mapping[str, Fact] = {"host": "server.example.org", "port": 8883, "user": "candelabre"}
SOME_END_UNIX_S = 1_803_859_200


def play(fault: Fault, directory: Path) -> CheckResult:
    """Bring a fault about; the result that tells of it, as an example. The others are what came with it."""
    results = asyncio.run(_play(fault, directory))
    result = next((result for result in results if result.fault is fault), None)
    assert result is not None, f"{fault} was not found, but {[result.fault for result in results]}"
    facts = {name: _example(name, value, result, directory) for name, value in result.facts.items()}
    return msgspec.structs.replace(result, facts=facts)


async def _play(fault: Fault, directory: Path) -> list[CheckResult]:
    return list(await SCENES[fault].play(directory))


def _example(name: str, value: Fact, result: CheckResult, directory: Path) -> Fact:
    if name.endswith("_unix_s") and result.check is Check.CERTIFICATES:
        return SOME_END_UNIX_S
    if name == "problem" and result.check in SAID_BY_OTHERS and result.fault is not Fault.CREDENTIALS_UNREADABLE:
        return "…"
    if name == "host" and isinstance(value, str) and not LOOPBACK.fullmatch(value):
        return value
    if name in EXAMPLE and result.check is not Check.GNSS:
        return EXAMPLE[name]
    if isinstance(value, str):
        for place, shown in PLACES:
            value = value.replace(f"{directory}{place}", shown)
    return value


def row(result: CheckResult) -> str:
    """One line of the table."""
    fault = result.fault
    assert fault is not None
    cells = [f"`{fault}`", SCENES[fault].how, _cell(result, "fr"), _cell(result, "en")]
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _cell(result: CheckResult, language: Language) -> str:
    said = told(result, wording_of(language))
    lines = [f"**{SYMBOLS[result.grade]} {said.title}**: {said.says}", said.cause, f"→ {said.gesture}"]
    return "<br>".join(lines + ([f"`{said.command}`"] if said.command else []))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write the page."""
    configure_logging("critical", "text")
    rows = []
    for fault in Fault:
        with tempfile.TemporaryDirectory() as directory:
            rows.append(row(play(fault, Path(directory))))
    PAGE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    print(f"{PAGE}: {len(rows)} faults")


if __name__ == "__main__":
    main()
