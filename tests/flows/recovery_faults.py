"""`python -m tests.flows.recovery_faults`: each fault of a simulated board and host, and how the ladder mends it.

Whole gateways in real time, with 20 packets and one downlink a second; only what they know of their usual traffic is
given to them. `tests/flows/test_recovery.py` plays the same in a hurry.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from gateway.supervision.repairs import RepairEvent
from gateway.supervision.rungs import Rung, Trouble
from radio.simulator import Fate, Hang
from tests.flows.link_scene import until
from tests.flows.recovery_scene import Machine

SETTLED_S = 5.0
PATIENCE_S = 600.0


class Fault(msgspec.Struct, frozen=True):
    """Something that breaks, how it is found, and the lowest rung that mends it.

    `is_silent`: nothing but the silence tells of it. `cuts_off`: no program reaches the chip any more.
    """

    name: str
    strike: Callable[[Machine], None]
    trouble: Trouble
    mended_by: Rung
    is_silent: bool = False
    cuts_off: bool = False


def _hang(hang: Hang) -> Callable[[Machine], None]:
    return lambda machine: machine.chip.faults.hangs.add(hang)


def _drop_radios(machine: Machine) -> None:
    machine.chip.faults.radios_out = {0, 1}


def _lose_register(machine: Machine) -> None:
    """The correlators' switches of two channels, by a write that is not the driver's."""
    machine.chip.transfer(bytes((0, 0x80 | 0x58, 0x21, 0x3F)))


def _reset_chip(machine: Machine) -> None:
    machine.chip.reset()


def _freeze(machine: Machine) -> None:
    machine.chip.counter.freeze()


def _break_handle(machine: Machine) -> None:
    machine.host.handle_broken = True


def _break_driver(machine: Machine) -> None:
    machine.host.driver_broken = True


FAULTS = (
    Fault("correlators hang", _hang(Hang.CORRELATORS), Trouble.DEAF, Rung.REARM, is_silent=True),
    Fault("a register loses its value", _lose_register, Trouble.ASTRAY, Rung.REARM),
    Fault("arbiter hangs", _hang(Hang.ARBITER), Trouble.DEAF, Rung.RESTART_CHIP, is_silent=True),
    Fault("gain control hangs", _hang(Hang.AGC), Trouble.LOST, Rung.RESTART_CHIP),
    Fault("radios fall out of reception", _drop_radios, Trouble.DEAF, Rung.RESTART_CHIP, is_silent=True),
    Fault("transmitter hangs", _hang(Hang.TRANSMITTER), Trouble.MUTE, Rung.RESTART_CHIP),
    Fault("chip is reset by a discharge", _reset_chip, Trouble.LOST, Rung.RESTART_CHIP),
    Fault("receive path hangs", _hang(Hang.RECEIVE_PATH), Trouble.DEAF, Rung.RESET_LINE, is_silent=True),
    Fault("latch-up", _hang(Hang.LATCH_UP), Trouble.DEAF, Rung.POWER_LINE, is_silent=True),
    Fault("bus handle of the process fails", _break_handle, Trouble.LOST, Rung.RESTART_PROCESS, cuts_off=True),
    Fault("kernel's driver fails", _break_driver, Trouble.LOST, Rung.REBOOT, cuts_off=True),
)


class Row(msgspec.Struct, frozen=True):
    """What came of a fault, in seconds: found after it struck; heard again after it was found."""

    fault: str
    trouble: str
    found_s: float
    rungs: tuple[str, ...]
    back_s: float
    recorded: int
    lost: int
    asked: int
    answered: int
    failed: int


async def play(machine: Machine, fault: Fault, *, hurry: bool, patience_s: float = PATIENCE_S) -> Row:
    """Strike, and wait until it is mended.

    Raises:
        AssertionError: it is not.
    """
    if fault.cuts_off:
        await machine.cut_off()
    struck_s = time.monotonic()
    fault.strike(machine)
    if hurry and fault.is_silent:
        await machine.grow_deaf()
    await until(lambda: any(news.event is RepairEvent.MENDED for _, news in machine.news), patience_s, fault.name)
    found_s = machine.told_s(RepairEvent.BEGUN)
    await until(lambda: bool(_back_s(machine, found_s)), patience_s, fault.name)
    back = _back_s(machine, found_s)
    if not hurry:
        await asyncio.sleep(SETTLED_S)
    emissions = [report for pipeline in machine.pipelines for report in pipeline.emissions]
    return Row(
        fault=fault.name,
        trouble=machine.news[0][1].trouble.value,
        found_s=found_s - struck_s,
        rungs=tuple(rung.value for rung in machine.rungs),
        back_s=back - found_s,
        recorded=sum(fate is Fate.HEARD for _, _, fate in machine.sent),
        lost=0,
        asked=len(machine.asked),
        answered=len(machine.received.answers),
        failed=sum(bool(report.failure) for report in emissions),
    )


def _back_s(machine: Machine, found_s: float) -> float:
    """When the chip heard again after it was found that it does not; at once where it heard all the time."""
    step_s = max(at_s for at_s, news in machine.news if news.event is RepairEvent.BEGUN)
    return next((at_s for at_s, _, fate in machine.sent if at_s > max(found_s, step_s) and fate is Fate.HEARD), 0.0)


async def measure(fault: Fault) -> Row:
    """In real time."""
    with tempfile.TemporaryDirectory(prefix="candelabre-recovery-") as directory:
        machine = Machine(Path(directory))
        async with machine.at_work():
            await asyncio.sleep(SETTLED_S)
            row = await play(machine, fault, hurry=False)
        return msgspec.structs.replace(row, lost=len(machine.lost), answered=len(machine.received.answers))


async def _measure_apart(fault: Fault, gate: asyncio.Semaphore) -> Row:
    async with gate:
        command = [sys.executable, "-m", "tests.flows.recovery_faults", "--one", fault.name]
        child = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
        output, errors = await child.communicate()
    if child.returncode:
        print(errors.decode()[-4000:], file=sys.stderr)
        raise AssertionError(f"{fault.name}: it was not mended")
    return msgspec.json.decode(output.splitlines()[-1], type=Row)


def _line(row: Row) -> str:
    return (
        f"| {row.fault} | {row.trouble} | {row.found_s:.1f} | {', '.join(row.rungs)} | {row.back_s:.1f} | "
        f"{row.lost} of {row.recorded} | {row.answered} of {row.asked} | {row.failed} |"
    )


async def _main() -> None:
    print("| fault | found as | after s | rungs | back after s | uplinks lost | downlinks answered | failed |")
    print("| --- " * 8 + "|", flush=True)
    gate = asyncio.Semaphore(5)
    for row in await asyncio.gather(*(_measure_apart(fault, gate) for fault in FAULTS)):
        print(_line(row), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Break things, and measure how the ladder mends them.")
    parser.add_argument("--one", choices=[fault.name for fault in FAULTS])
    chosen = parser.parse_args().one
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if chosen is None:
        asyncio.run(_main())
    else:
        (the_fault,) = (fault for fault in FAULTS if fault.name == chosen)
        print(msgspec.json.encode(asyncio.run(measure(the_fault))).decode())
