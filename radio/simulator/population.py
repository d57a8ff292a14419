"""End devices on the air before one simulated chip: what they send it hears, what it emits they hear."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from radio.simulator.concentrator import SimulatedConcentrator
from radio.simulator.emission import Emission
from radio.simulator.end_device import EndDevice, Heard
from radio.simulator.transmission import Transmission

Hearers = Sequence[tuple[EndDevice, Heard]]


class Population:
    """Devices and chip share a clock; `advance` lives through what happened since the last time.

    The chip tells of an emission when its host's next transfer, or `advance`, finds that it has
    started: devices learn of it late, never wrongly. Those that transmit must be advanced at least
    a few times a second, for their packets start when they are due, not when that is noticed.

    `on_sent` is told of each packet of theirs, `on_emission` of each of the chip's and who heard it.
    """

    def __init__(
        self,
        chip: SimulatedConcentrator,
        devices: Iterable[EndDevice],
        *,
        on_sent: Callable[[EndDevice, Transmission], None] | None = None,
        on_emission: Callable[[Emission, Hearers], None] | None = None,
    ) -> None:
        self.devices = tuple(devices)
        self._chip = chip
        self._on_sent = on_sent
        self._on_emission = on_emission
        # The chip announces from its host's thread.
        self._emissions: deque[Emission] = deque()
        self._timers: list[tuple[float, int]] = []
        for number in range(len(self.devices)):
            self._note_timer(number)
        chip.air.on_emission(self._emissions.append)

    def next_timer(self) -> float | None:
        """When the next device has something to do; an earlier `advance` does no harm."""
        self._drop_stale_timers()
        return self._timers[0][0] if self._timers else None

    def woken(self, device: EndDevice) -> None:
        """A device was told to send or to join: it may have something to do sooner than it had."""
        self._note_timer(self.devices.index(device))

    def advance(self, *, silent: bool = False) -> float:
        """Live up to the chip's clock, which is returned. Silent devices only listen, in windows that are open."""
        now_s = self._chip.advance()
        while True:
            timer_s = None if silent else self.next_timer()
            emission = self._emissions[0] if self._emissions else None
            if emission is not None and (timer_s is None or emission.start_s <= timer_s):
                self._hear(self._emissions.popleft())
            elif timer_s is not None and timer_s <= now_s:
                self._act(timer_s)
            else:
                return now_s

    def _hear(self, emission: Emission) -> None:
        hearers = []
        for number, device in enumerate(self.devices):
            if not device.windows:
                continue
            heard = device.hear(emission)
            if heard is not None:
                self._note_timer(number)
                hearers.append((device, heard))
        if self._on_emission is not None:
            self._on_emission(emission, hearers)

    def _act(self, timer_s: float) -> None:
        number = heapq.heappop(self._timers)[1]
        device = self.devices[number]
        sent = device.handle_timer(timer_s)
        self._note_timer(number)
        if sent is not None:
            self._chip.air.transmit(sent)
            if self._on_sent is not None:
                self._on_sent(device, sent)

    def _note_timer(self, number: int) -> None:
        timer_s = self.devices[number].next_timer()
        if timer_s is not None:
            heapq.heappush(self._timers, (timer_s, number))

    def _drop_stale_timers(self) -> None:
        """A device's timer moves when it hears something: of its entries only the one of now counts."""
        timers = self._timers
        while timers and self.devices[timers[0][1]].next_timer() != timers[0][0]:
            heapq.heappop(timers)
