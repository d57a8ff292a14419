"""The SX1302 itself: its registers, and what happens when the host reads or writes them."""

import enum
from collections.abc import Callable

from radio.simulator import addresses as at
from radio.simulator.agenda import Agenda
from radio.simulator.counter import Counter
from radio.simulator.emission import Emission
from radio.simulator.faults import Faults, Hang
from radio.simulator.link_budget import FrontEnd
from radio.simulator.mcu import IMAGE_BYTES, AgcCore, ArbiterCore, LoadableCore
from radio.simulator.memory import Memory
from radio.simulator.receiver import Receiver
from radio.simulator.rx_buffer import RxBuffer
from radio.simulator.sx1250 import Sx1250
from radio.simulator.tx_chain import TxChain

MODEL_IN_OTP = 0xD0


class ChipModel(enum.IntEnum):
    """What the chip's one-time memory says it is."""

    SX1302 = 2
    SX1303 = 3


VERSIONS = {ChipModel.SX1302: 0x10, ChipModel.SX1303: 0x12}


class Baseband:
    """Registers, microcontrollers, counters, receive and transmit paths; time is an argument."""

    def __init__(
        self,
        model: ChipModel,
        eui: int,
        *,
        clock: Callable[[], float],
        front_end: FrontEnd,
        faults: Faults,
        announce: Callable[[Emission], None],
    ) -> None:
        self._model = model
        self._eui = eui.to_bytes(8, "big")
        self._faults = faults
        self._memory = Memory()
        self._registers = self._memory.content
        self.counter = Counter(clock)
        self.rx_buffer = RxBuffer()
        self.radios = (Sx1250(0, faults), Sx1250(1, faults))
        self._agc = AgcCore(self._memory, faults)
        self._arbiter = ArbiterCore(self._memory, faults)
        self._announce = announce
        self.agenda = Agenda()
        self._tx_chains = (self._tx_chain(0), self._tx_chain(1))
        self.receiver = Receiver(
            self._registers,
            self.radios,
            buffer=self.rx_buffer,
            front_end=front_end,
            faults=faults,
            powered=lambda: self.receiving,
        )
        self._reactions = self._build_reactions()
        self._refreshers = self._build_refreshers()

    @property
    def receiving(self) -> bool:
        """Whether clocks, modems, microcontrollers and the hand-over of the radios are all in place."""
        registers = self._registers
        clock = registers[at.CLOCK_SELECT]
        return bool(
            registers[at.MODEM_ENABLE] & at.GLOBAL_ON
            and clock & at.CLOCK_ON
            and clock & at.CLOCK_SOURCES
            and not registers[at.RADIO_CONTROL] & at.HOST_DRIVES_RADIOS
            and self._agc.ready
            and self._arbiter.ready
        )

    def emitting(self, now_s: float) -> bool:
        """Whether one of the transmit chains is on the air."""
        return any(chain.emitting(now_s) for chain in self._tx_chains)

    def reset(self) -> None:
        """What the reset pin does. Whatever was in the receive buffer is gone."""
        self._faults.reset()
        self._memory.reset()
        self.counter.reset()
        self.rx_buffer.clear()
        self.receiver.reset()
        self._agc.reset()
        self._arbiter.reset()
        for radio in self.radios:
            radio.reset()
        for chain in self._tx_chains:
            chain.reset()

    def read(self, address: int, length: int, now_s: float) -> bytes:
        """What a read frame returns; only reading the receive window changes anything."""
        if address == at.RX_FIFO:
            return self.rx_buffer.take(length)
        if address < at.FIRMWARE_END:
            return self._read_image(address, length)
        for page in range(address >> 8, ((address + length - 1) >> 8) + 1):
            refresh = self._refreshers.get(page)
            if refresh is not None:
                refresh(now_s)
        return self._memory.read(address, length)

    def write(self, address: int, data: bytes, now_s: float) -> None:
        """What a write frame does. The chip reacts once all the bytes have arrived."""
        if address < at.FIRMWARE_END:
            self._write_image(address, data)
            return
        self._memory.host_write(address, data)
        self.receiver.plan_changed()
        for written in range(address, address + len(data)):
            reaction = self._reactions.get(written)
            if reaction is not None:
                reaction(now_s)

    def command_radio(self, number: int, opcode: int, parameters: bytes) -> bytes:
        """A radio's answer; zeros from one that is off, in reset, or not in the host's hands."""
        registers = self._registers
        lines = registers[at.RADIO_ENABLES[number]]
        reachable = registers[at.RADIO_CONTROL] & at.HOST_DRIVES_RADIOS
        if not (reachable and lines & at.RADIO_POWERED and lines & at.RADIO_RUNS):
            return bytes(len(parameters))
        self.receiver.plan_changed()
        return self.radios[number].answer(opcode, parameters)

    def _build_reactions(self) -> dict[int, Callable[[float], None]]:
        return {
            at.AGC_CONTROL: lambda _now_s: self._agc.control_written(),
            at.AGC_FROM_HOST[3]: lambda _now_s: self._agc.command_written(),
            at.ARBITER_CONTROL: lambda _now_s: self._arbiter.control_written(),
            at.ARBITER_CONFIG + 1: lambda _now_s: self._arbiter.start_written(),
            at.RADIO_ENABLES[0]: lambda _now_s: self._radio_lines_written(0),
            at.RADIO_ENABLES[1]: lambda _now_s: self._radio_lines_written(1),
            at.TX_BANKS[0]: lambda now_s: self._trigger_written(0, now_s),
            at.TX_BANKS[1]: lambda now_s: self._trigger_written(1, now_s),
            at.PPS_CONTROL: lambda _now_s: self._pps_control_written(),
            at.MODEM_ENABLE: lambda _now_s: self._modem_enables_written(),
        }

    def _build_refreshers(self) -> dict[int, Callable[[float], None]]:
        """By the upper byte of the address: what brings the chip's own registers up to date."""
        return {
            at.RX_LEVEL >> 8: self._refresh_level,
            at.AGC_STATUS >> 8: lambda _now_s: self._agc.refresh_status(),
            at.COUNTERS >> 8: self._refresh_counters_and_otp,
            at.VERSION >> 8: self._refresh_version,
            at.TX_BANKS[0] >> 8: lambda now_s: self._refresh_tx_status(0, now_s),
            at.TX_BANKS[1] >> 8: lambda now_s: self._refresh_tx_status(1, now_s),
        }

    def _tx_chain(self, rf_chain: int) -> TxChain:
        return TxChain(self._memory, rf_chain, self.counter, self.agenda, self._emission_started)

    def _radio_lines_written(self, number: int) -> None:
        lines = self._registers[at.RADIO_ENABLES[number]]
        if not (lines & at.RADIO_POWERED and lines & at.RADIO_RUNS):
            self.radios[number].reset()

    def _pps_control_written(self) -> None:
        self.counter.capture_pps(bool(self._registers[at.PPS_CONTROL] & at.PPS_ON))

    def _trigger_written(self, chain: int, now_s: float) -> None:
        if Hang.TRANSMITTER not in self._faults.hangs:
            self._tx_chains[chain].trigger_written(now_s)

    def _modem_enables_written(self) -> None:
        enabled = self._registers[at.MODEM_ENABLE]
        if not (enabled & at.GLOBAL_ON and enabled & at.MULTI_SF_ON):
            self._faults.hangs.discard(Hang.CORRELATORS)
        if not enabled & at.GLOBAL_ON:
            self._faults.hangs.discard(Hang.TRANSMITTER)

    def _emission_started(self, emission: Emission) -> None:
        """Without a running chip and a powered radio the chain goes through its states, but nothing is emitted."""
        radio_on = at.RADIO_POWERED | at.RADIO_RUNS
        if self.receiving and self._registers[at.RADIO_ENABLES[emission.rf_chain]] & radio_on == radio_on:
            self._announce(emission)

    def _refresh_level(self, _now_s: float) -> None:
        self._registers[at.RX_LEVEL : at.RX_LEVEL + 2] = self.rx_buffer.level.to_bytes(2, "big")

    def _refresh_counters_and_otp(self, now_s: float) -> None:
        registers = self._registers
        registers[at.COUNTERS : at.COUNTERS + 8] = self.counter.register_bytes(now_s)
        index = registers[at.OTP_ADDRESS]
        if index < len(self._eui):
            registers[at.OTP_DATA] = self._eui[index]
        elif index == MODEL_IN_OTP:
            registers[at.OTP_DATA] = self._model if self._faults.model is None else self._faults.model
        else:
            registers[at.OTP_DATA] = 0

    def _refresh_version(self, _now_s: float) -> None:
        version = self._faults.version
        self._registers[at.VERSION] = VERSIONS[self._model] if version is None else version

    def _refresh_tx_status(self, chain: int, now_s: float) -> None:
        status = self._faults.tx_status
        if status is None:
            status = self._tx_chains[chain].status(now_s)
        self._registers[at.TX_BANKS[chain] + at.TX_FSM_STATUS] = status

    def _core_at(self, address: int) -> LoadableCore:
        return self._agc if address < IMAGE_BYTES else self._arbiter

    def _write_image(self, address: int, data: bytes) -> None:
        offset = address % IMAGE_BYTES
        self._core_at(address).write_image(offset, data[: IMAGE_BYTES - offset])

    def _read_image(self, address: int, length: int) -> bytes:
        if not self._core_at(address).accessible:
            return bytes(length)
        image = self._memory.read(address, length)
        if self._faults.firmware_corrupted and image:
            image = bytes([image[0] ^ 1]) + image[1:]
        return image
