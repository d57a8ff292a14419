"""The chip's two microcontrollers: how they are loaded, and what they then answer.

They run no code here: any 8192 bytes will do for an image. What a host must respect is the order:
held in clear, host programming on, page 0, the whole image, programming off, clear released.
After anything else they stay silent, as silicon does.
"""

import enum
from collections.abc import Sequence

from radio.simulator import addresses as at
from radio.simulator.faults import Faults, Hang
from radio.simulator.memory import Memory

IMAGE_BYTES = 8192
CLEAR = 0b100
HOST_PROGRAMS = 0b010
PARITY_ERROR = 0b001
AGC_VERSION = 10
HANGING = b"\x14"
ARBITER_VERSION = 2
ARBITER_CLOCK = 0b10_0000
AGC_CLOCK = 0b01_0000


class _State(enum.Enum):
    HELD = enum.auto()
    RUNNING = enum.auto()
    STUCK = enum.auto()


class LoadableCore:
    """What both microcontrollers have in common: an image memory and a control register."""

    def __init__(
        self, memory: Memory, faults: Faults, image_base: int, control: int, clock_bit: int, *, hang: Hang
    ) -> None:
        self._memory = memory
        self._hang = hang
        self._faults = faults
        self._image_base = image_base
        self._control = control
        self._clock_bit = clock_bit
        self.reset()

    def reset(self) -> None:
        """Hold the core, without an image."""
        self._state = _State.HELD
        self._missing = bytearray(b"\1" * IMAGE_BYTES)

    @property
    def running(self) -> bool:
        """Whether the core has started."""
        return self._state is _State.RUNNING

    @property
    def accessible(self) -> bool:
        """Whether the host can reach the image memory."""
        control = self._memory.content[self._control]
        return control & (CLEAR | HOST_PROGRAMS) == CLEAR | HOST_PROGRAMS and self._page_is_zero

    def write_image(self, offset: int, data: bytes) -> None:
        """Store a part of the image, where the host can reach it."""
        if self.accessible:
            start = self._image_base + offset
            self._memory.content[start : start + len(data)] = data
            self._missing[offset : offset + len(data)] = bytes(len(data))

    def control_written(self) -> None:
        """React to the host's write of the control register."""
        control = self._memory.content[self._control]
        if control & CLEAR:
            self._faults.hangs.discard(self._hang)
            if self._state is not _State.HELD:
                self._halt(_State.HELD)
        elif control & HOST_PROGRAMS:
            self._halt(_State.STUCK)
        elif self._state is _State.HELD:
            self._release(control)

    def _release(self, control: int) -> None:
        clocked = control & self._clock_bit and self._memory.content[at.MODEM_ENABLE] & at.GLOBAL_ON
        if not clocked or 1 in self._missing or self._faults.silent_mcus:
            self._state = _State.STUCK
        elif self._faults.parity_error:
            self._memory.content[self._control] |= PARITY_ERROR
            self._state = _State.STUCK
        else:
            self._state = _State.RUNNING
            self._boot()

    def _halt(self, state: _State) -> None:
        self._state = state
        self._memory.content[self._control] &= ~PARITY_ERROR
        self._show(b"\0")

    def _boot(self) -> None:
        self._show(b"\1")

    def _show(self, status: bytes) -> None:
        self._memory.content[self._control + 1 : self._control + 2] = status

    @property
    def _page_is_zero(self) -> bool:
        return self._memory.content[at.PAGE] & 0b11 == 0


_AGC_STEPS: Sequence[tuple[int, int]] = (
    (0x80, 0x02),
    (0x20, 0x03),
    (0x03, 0x04),
    (0x04, 0x05),
    (0x05, 0x06),
    (0x06, 0x07),
    (0x07, 0x08),
    (0x08, 0x09),
    (0x09, 0x0A),
    (0x0A, 0x0B),
    (0x0B, 0x0F),
    (0x0F, 0x0F),
)
"""(command expected, status shown once it is done), in the only order that the core follows."""


class AgcCore(LoadableCore):
    """Gain control: a dialogue of commands through four mailboxes each way."""

    def __init__(self, memory: Memory, faults: Faults) -> None:
        super().__init__(memory, faults, 0x0000, at.AGC_CONTROL, AGC_CLOCK, hang=Hang.AGC)

    def reset(self) -> None:
        """See `LoadableCore.reset`."""
        super().reset()
        self._step = 0

    @property
    def ready(self) -> bool:
        """Whether the dialogue has been gone through to its end."""
        return self.running and self._step == len(_AGC_STEPS)

    def refresh_status(self) -> None:
        """Show that the program hangs, where it does, in a register that is about to be read."""
        if self._hang in self._faults.hangs:
            self._show(HANGING)

    def command_written(self) -> None:
        """React to the host's write of the command mailbox; an unexpected command is ignored."""
        content = self._memory.content
        if not self.running or self._faults.silent_mcus or self._step == len(_AGC_STEPS):
            return
        command, status = _AGC_STEPS[self._step]
        if content[at.AGC_FROM_HOST[3]] == command:
            self._step += 1
            for received, sent in zip(at.AGC_FROM_HOST[:3], at.AGC_TO_HOST, strict=False):
                content[sent] = content[received]
            if command in (0x80, 0x20):
                content[at.AGC_TO_HOST[2]] = 0
            self._show(bytes([status]))

    def _boot(self) -> None:
        super()._boot()
        self._step = 0
        self._memory.content[at.AGC_TO_HOST[0]] = AGC_VERSION


class ArbiterCore(LoadableCore):
    """Hands packets to demodulators; starts when its configuration bytes are complete."""

    def __init__(self, memory: Memory, faults: Faults) -> None:
        super().__init__(memory, faults, IMAGE_BYTES, at.ARBITER_CONTROL, ARBITER_CLOCK, hang=Hang.ARBITER)

    def reset(self) -> None:
        """See `LoadableCore.reset`."""
        super().reset()
        self._configured = False

    @property
    def ready(self) -> bool:
        """Whether packets are handed to demodulators."""
        return self.running and self._configured

    def start_written(self) -> None:
        """React to the host's write of the start byte; without the other bytes it stays unanswered."""
        content = self._memory.content
        statistics_sf, start, mode = content[at.ARBITER_CONFIG : at.ARBITER_CONFIG + 3]
        if self.running and not self._faults.silent_mcus and start and statistics_sf and mode:
            self._configured = True
            self._show(b"\0")

    def _boot(self) -> None:
        super()._boot()
        self._configured = False
        self._memory.content[at.ARBITER_DEBUG] = ARBITER_VERSION
