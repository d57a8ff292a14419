"""The screen that the documentation shows: `python -m tests.gateway.doctor.example fr` (or en) prints it.

Its faults are brought about as on the page of all faults; what passes is a Raspberry Pi's, with its figures.
"""

import sys
import tempfile
from pathlib import Path

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.layout import Style, lines
from gateway.doctor.result import CheckResult, Examination, in_order, passed, skipped
from gateway.doctor.wording import wording_of
from gateway.language import Language
from gateway.log import configure_logging
from tests.gateway.doctor.faults_page import play

AT_UNIX_S = 1_803_340_800
FAULTS = (Fault.CHIP_VERSION_05, Fault.UNDERVOLTAGE_BEFORE, Fault.TLS_EXPIRED)
REST: tuple[CheckResult, ...] = (
    passed(Check.CONFIGURATION, path="/etc/candelabre/gateway.toml"),
    passed(Check.PYTHON, version="3.11.2"),
    passed(Check.PACKAGES, count=8),
    passed(Check.SPI, device="/dev/spidev0.0"),
    passed(Check.PERMISSIONS, user="candelabre", count=5),
    skipped(Check.RESET_LINE, Reason.EFFECT_UNKNOWN),
    *(
        skipped(check, Reason.EARLIER_FAULT)
        for check in (Check.RADIOS, Check.FIRMWARE, Check.TEMPERATURE, Check.RECEPTION, Check.PPS)
    ),
    passed(Check.GNSS),
    passed(Check.CLOCK, now_unix_s=AT_UNIX_S),
    passed(Check.DISK, free_mb=24_120, free_percent=81),
    skipped(Check.FLASH, Reason.NOT_FITTED),
    passed(Check.MEMORY, available_mb=612),
    passed(Check.NAMES, count=2),
    passed(Check.BROKER, host="mqtt.ville.example", rtt_ms=21),
    passed(Check.CERTIFICATES, "broker", ends_unix_s=1_830_297_600),
    passed(Check.POLICY, serial=12, ends_unix_s=1_830_297_600, depositors=3),
    skipped(Check.SERVICE, Reason.NOT_THERE),
)


def screen(language: Language) -> str:
    """The screen in a language."""
    found = []
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as directory:
            found.append(play(fault, Path(directory)))
    results = in_order([*REST, *found])
    whole = Examination(results, AT_UNIX_S, 14.2, False, "tour-perret", "0016C001FF10A235")
    return "\n".join(lines(whole, wording_of(language), Style()))


if __name__ == "__main__":
    configure_logging("critical", "text")
    print(screen("fr" if sys.argv[1:] == ["fr"] else "en"))
