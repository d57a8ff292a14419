"""One emission of ours against the reference's trace, `tx_NAME.jsonl`; both begin right after a start.

A row is a line of the reference's trace, or a rule that all of ours must keep.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from radio.airtime import preamble_sent
from radio.packets import Modulation, TxPacket, TxStatus, TxTrigger
from radio.recording_bus import RecordingBus
from radio.simulator import SX1302, SX1303, SimulatedConcentrator
from radio.sx1302 import transmitter
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.frames import READ_HEADER_BYTES, read_frame
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import Receiver
from radio.sx1302.registers import Memory, Tx
from radio.sx1302.start import check_version, start
from radio.sx1302.transmitter import TRIGGER_BITS
from tests.conformance.outcome import Outcome, Row, rows
from tests.conformance.reception import BANDWIDTHS, CODING_RATES, MODULATIONS
from tests.conformance.start import entry_writes, register_differences
from tests.radio.buses import TamperedBus

REGISTERS = range(0x5200, 0x6200)
TRIGGERS = tuple(field.address for field in Tx.TRIGGERS)
BUFFER_GATES = tuple(field.address for field in Tx.BUFFER_OPEN)
BUFFER_BYTES = 256
OTP_DATA = 0x6181
# The reference takes 65. The first on each chain also reads what it leaves alone, in up to three transfers.
MOST_TRANSFERS, MOST_TRANSFERS_ONCE_KNOWN = 16, 13


def packet_of(sent: Row) -> TxPacket:
    """A packet in the reference's fields as one of ours.

    Raises:
        KeyError: ours have no such modulation.
    """
    modulation = {code: modulation for modulation, code in MODULATIONS.items()}[sent["modulation"]]
    fsk = modulation is Modulation.FSK
    return TxPacket(
        payload=bytes.fromhex(sent["payload"])[: sent["size"]].ljust(sent["size"], b"\0"),
        freq_hz=sent["freq_hz"],
        power_dbm=sent["rf_power"],
        rf_chain=sent["rf_chain"],
        modulation=modulation,
        bandwidth_hz={code: width_hz for width_hz, code in BANDWIDTHS.items()}.get(sent["bandwidth"], 0),
        spreading_factor=0 if fsk else sent["datarate"],
        coding_rate={code: rate for rate, code in CODING_RATES.items()}.get(sent["coderate"]),
        bitrate_bps=sent["datarate"] if fsk else 0,
        deviation_hz=sent["f_dev"] * 1_000,
        preamble=sent["preamble"],
        crc=not sent["no_crc"],
        implicit_header=sent["no_header"],
        invert_polarity=sent["invert_pol"],
    )


class Session:
    """Our driver right after a start, its time standing still; `shown` are registers that show what a trace says."""

    def __init__(self, plan: ConcentratorPlan, trace: list[Row]) -> None:
        model = SX1302 if plan.fine_timestamp is None else SX1303
        eui = bytes.fromhex("".join(entry["rx"] for entry in trace if entry["op"] == "r" and entry["addr"] == OTP_DATA))
        chip = SimulatedConcentrator(model, eui=int.from_bytes(eui[:8], "big"), clock=lambda: 1_000.0)
        self.plan = plan
        self.shown: dict[int, int] = {}
        self._showing = TamperedBus(chip, self.shown)
        self._bus = RecordingBus(self._showing)
        self.chip = Chip(self._bus, self._bus.sleep)
        start(self.chip, plan, Firmware.blank())
        self.receiver = Receiver(self.chip, plan, check_version(self.chip), lambda: None)

    def registers(self) -> dict[int, int]:
        """What all registers hold."""
        held = self._showing.transfer(read_frame(REGISTERS.start, len(REGISTERS)))[READ_HEADER_BYTES:]
        return dict(zip(REGISTERS, held, strict=True))

    def record(self, act: Callable[[], object]) -> list[Row]:
        """The trace of something that the driver does."""
        already = len(self._bus.entries)
        act()
        return self._bus.entries[already:]

    def transmit(self, sent: Row) -> tuple[TxStatus, list[Row]]:
        """Send a packet; the answer, and the trace. What our types cannot say never reaches the driver."""
        try:
            packet, trigger = packet_of(sent), TxTrigger(sent["tx_mode"])
        except (KeyError, ValueError):
            return TxStatus.INVALID, []
        answers: list[TxStatus] = []
        arguments = (self.chip, self.plan, packet, trigger, sent["count_us"])
        trace = self.record(lambda: answers.append(transmitter.transmit(*arguments)))
        return answers[0], trace


def buffer_content(trace: list[Row]) -> dict[int, int]:
    """The bytes that a trace leaves in the transmit buffers."""
    written = (write for entry in trace for write in entry_writes(entry))
    return {
        address: value
        for address, value in written
        if any(first <= address < first + BUFFER_BYTES for first in Memory.TX_BUFFERS)
    }


def steps(trace: list[Row], chain: int) -> list[str]:
    """What happens to one chain's buffer and trigger, in order, the clearing of the trigger aside."""
    result: list[str] = []
    for address, value in (write for entry in trace for write in entry_writes(entry)):
        step = ""
        if address == BUFFER_GATES[chain]:
            step = "open" if value & 1 else "close"
        elif 0 <= address - Memory.TX_BUFFERS[chain] < BUFFER_BYTES:
            step = "fill"
        elif address == TRIGGERS[chain] and value:
            step = f"trigger {value}"
        if step and result[-1:] != [step]:
            result.append(step)
    return result


def only_mode(trace: list[Row], trigger: int, bit: int) -> list[Row]:
    """A trace whose trigger register shows one mode's bit alone: the reference leaves those of earlier modes set."""

    def masked(shown: str) -> str:
        return f"{int(shown[:2], 16) & bit:02x}{shown[2:]}"

    return [
        entry | {key: masked(entry[key]) for key in ("data", "rx") if key in entry}
        if entry["addr"] == trigger
        else entry
        for entry in trace
    ]


def trigger_differences(ours: list[Row], sent: Row) -> list[str]:
    """Whether the trigger is the first that is written, cleared, and the last, set."""
    trigger = TRIGGERS[sent["rf_chain"]]
    written = [write for entry in ours for write in entry_writes(entry)]
    wanted = [(trigger, 0), (trigger, TRIGGER_BITS[TxTrigger(sent["tx_mode"])])]
    ends = [*written[:1], *written[-1:]]
    of_trigger = [write for write in written if write[0] in TRIGGERS]
    return [] if ends == of_trigger == wanted else [f"begins and ends with {ends}, triggers {of_trigger}"]


def line_differences(
    trace: list[Row], before: dict[int, int], of_registers: Mapping[int, list[str]]
) -> list[tuple[str, list[str]]]:
    """Each line of the reference's trace: what it read is what our chip held, what it wrote is what ours wrote."""
    image, result = dict(before), []
    for entry in trace:
        if entry["op"].startswith("w"):
            found = [text for address, _ in entry_writes(entry) for text in of_registers.get(address, [])]
            image.update(entry_writes(entry))
        else:
            held = bytes(image.get(entry["addr"] + offset, 0) for offset in range(len(entry["rx"]) // 2)).hex()
            found = [] if held == entry["rx"] else [f"ours would read {held}, reference {entry['rx']}"]
        result.append((f"line {entry['i']}, 0x{entry['addr']:04x}", found))
    return result


def _compare(outcome: Outcome, reference: list[Row], ours: list[Row], before: dict[int, int], sent: Row) -> None:
    """A send that both made."""
    chain, trigger = sent["rf_chain"], TRIGGERS[sent["rf_chain"]]
    outcome.record("trigger cleared first and set last", trigger_differences(ours, sent))
    bit = TRIGGER_BITS[TxTrigger(sent["tx_mode"])]
    reference, ours = only_mode(reference, trigger, bit), only_mode(ours, trigger, bit)
    held = [int(entry["rx"], 16) for entry in reference if entry["addr"] == trigger and entry["op"] == "r"]
    before = before | {trigger: held[0] if held else 0}
    of_registers = register_differences(reference, ours, before, {*TRIGGERS, *BUFFER_GATES})
    for name, found in line_differences(reference, before, of_registers):
        outcome.record(name, found)
    touched = [{address for entry in trace for address, _ in entry_writes(entry)} for trace in (reference, ours)]
    others = sorted(f"0x{address:04x}" for address in touched[1] - touched[0])
    outcome.record("nothing else is written", [f"{others} are"] if others else [])
    buffers = [buffer_content(trace) for trace in (reference, ours)]
    outcome.record("transmit buffer", [] if buffers[0] == buffers[1] else [f"{buffers[1]}, reference {buffers[0]}"])
    orders = [steps(trace, chain) for trace in (reference, ours)]
    outcome.record("order of buffer and trigger", [] if orders[0] == orders[1] else [f"{orders[1]}, not {orders[0]}"])
    outcome.record("transfers", [] if len(ours) <= MOST_TRANSFERS else [f"{len(ours)}, at most {MOST_TRANSFERS}"])


def _not_sent(outcome: Outcome, reference: list[Row], ours: list[Row], returned: int) -> None:
    """A send that the reference refuses, at once or half way: ours does before it transfers anything."""
    found = [f"{len(ours)} transfers of ours"] if ours else []
    if returned == 0:
        found.append("ours refuses")
    for entry in reference:
        outcome.record(f"line {entry['i']}, of a send that fails", found)
    outcome.record("nothing is transferred", found)


def check_send(outcome: Outcome, session: Session, sent: Row, returned: int, reference: list[Row]) -> int:
    """Make and compare one send; how many transfers ours took."""
    before = session.registers()
    status, ours = session.transmit(sent)
    right = (status is TxStatus.OK) == (returned == 0)
    outcome.record("return code", [] if right else [f"{status.value}, reference returned {returned}"])
    if status is TxStatus.OK and returned == 0:
        _compare(outcome, reference, ours, before, sent)
    else:
        _not_sent(outcome, reference, ours, returned)
        outcome.notes.append(f"ours answers {status.value}; reference returned {returned}")
    return len(ours)


def begin(path: Path, plans: Mapping[str, ConcentratorPlan], outcome: Outcome) -> tuple[Row, Session, list[Row]] | None:
    """What the file beside a trace says, a started driver, and the trace; None where something is missing."""
    beside = path.with_suffix(".json")
    if not beside.is_file():
        outcome.record("packet", [f"no {beside.name} says what was sent"])
        return None
    said: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
    if said["conf"] not in plans:
        outcome.record("configuration", [f"no start_{said['conf']}.conf.json says what this configuration is"])
        return None
    trace = list(rows(path))
    return said, Session(plans[said["conf"]], trace), trace


def check(path: Path, plans: Mapping[str, ConcentratorPlan]) -> Outcome:
    """Compare one send."""
    outcome = Outcome()
    begun = begin(path, plans, outcome)
    if begun is None:
        return outcome
    said, session, trace = begun
    sent = said["pkt"]
    first = check_send(outcome, session, sent, said["ret"], trace)
    if first and said["ret"] == 0:
        preamble = preamble_sent(packet_of(sent))
        right = preamble == said["preamble_after"]
        outcome.record("preamble", [] if right else [f"{preamble}, reference {said['preamble_after']}"])
        again = len(session.transmit(sent)[1])
        most = MOST_TRANSFERS_ONCE_KNOWN
        outcome.record("transfers of a second send", [] if again <= most else [f"{again}, at most {most}"])
        outcome.notes.append(f"{first} transfers, {again} from the second on; reference {said['spi_transfers']}")
    return outcome
