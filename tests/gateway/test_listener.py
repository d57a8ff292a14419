"""The radio's life: how often it is tried, and what is not tried again."""

import asyncio

import pytest

from gateway.listener import Listener, RestartPolicy
from radio.concentrator import Concentrator
from radio.errors import BusError, FirmwareError, RadioError
from radio.simulator import BusFault, SimulatedConcentrator, Transmission
from tests.gateway.rig import PATIENCE_S, configuration, listener


class Refusing:
    """A way to the radio that fails, and counts how often it was tried."""

    def __init__(self, error: RadioError) -> None:
        self.error = error
        self.attempts = 0

    def connect(self) -> Concentrator:
        self.attempts += 1
        raise self.error


def test_a_radio_is_tried_once_and_then_after_each_delay() -> None:
    refusing = Refusing(BusError("/dev/spidev0.0 does not exist"))
    with pytest.raises(BusError, match="does not exist"):
        asyncio.run(Listener(refusing.connect, RestartPolicy(delays_s=(0.0, 0.0))).start())
    assert refusing.attempts == 3


def test_missing_firmware_is_not_tried_again() -> None:
    refusing = Refusing(FirmwareError("image missing"))
    with pytest.raises(FirmwareError):
        asyncio.run(Listener(refusing.connect, RestartPolicy(delays_s=(0.0, 0.0))).start())
    assert refusing.attempts == 1


def test_a_start_that_fails_once_succeeds_at_the_next() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        chip.faults.break_bus(BusFault.ERROR, transfers=1)
        radio = listener(chip, configuration(), RestartPolicy(delays_s=(0.0,)))
        assert (await radio.start()).model == "SX1302"
        assert chip.receiving
        assert radio.temperature_c == 25.0
        assert radio.faults() == {}
        await radio.stop()

    asyncio.run(scenario())


def test_silence_is_measured_from_the_last_packet_and_before_it_from_the_start() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        radio = listener(chip, configuration())
        assert radio.silent_s is None
        await radio.start()
        began_s = asyncio.get_running_loop().time()
        assert radio.silent_s is not None
        await asyncio.sleep(0.1)
        chip.air.deliver_now(Transmission(b"city light", 868_300_000, -80.0, 7.5, 9))
        heard = asyncio.Event()
        listening = asyncio.create_task(radio.listen(lambda _: heard.set()))
        async with asyncio.timeout(PATIENCE_S):
            await heard.wait()
        silent_s = radio.silent_s
        assert silent_s is not None
        assert 0 <= silent_s <= asyncio.get_running_loop().time() - began_s - 0.1
        listening.cancel()
        await radio.stop()
        assert radio.silent_s is None

    asyncio.run(scenario())


def test_finishing_hands_on_what_nobody_had_fetched() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        radio = listener(chip, configuration())
        await radio.start()
        for number in range(3):
            chip.air.deliver_now(Transmission(b"city light %d" % number, 868_300_000, -80.0, 7.5, 9))
        heard: list[bytes] = []
        await radio.finish(lambda packets: heard.extend(packet.payload for packet in packets))
        assert heard == [b"city light 0", b"city light 1", b"city light 2"]

    asyncio.run(scenario())


def test_stopping_a_radio_that_never_started_does_nothing() -> None:
    asyncio.run(listener(SimulatedConcentrator(), configuration()).stop())


def test_a_radio_that_is_restarted_on_request_hears_again_and_costs_no_attempt() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        radio = listener(chip, configuration(), RestartPolicy(delays_s=()))
        await radio.start()
        former, heard, starts = radio.concentrator, list[bytes](), list[float | None]()
        radio.on_started = lambda: starts.append(radio.silent_s)
        listening = asyncio.create_task(radio.listen(lambda each: heard.extend(packet.payload for packet in each)))
        for number in range(3):
            await asyncio.sleep(0)
            chip.air.deliver_now(Transmission(b"city light %d" % number, 868_300_000, -80.0, 7.5, 9))
            assert await radio.restart()
            assert radio.problem == "restarted on request"
            async with asyncio.timeout(PATIENCE_S):
                while radio.silent_s is None:  # noqa: ASYNC110 - a state is a value
                    await asyncio.sleep(0.002)
            assert radio.problem is None
        assert radio.concentrator is not former
        assert len(starts) == 3
        assert None not in starts
        listening.cancel()
        await radio.stop()
        assert heard == [b"city light 0", b"city light 1", b"city light 2"]

    asyncio.run(scenario())


def test_a_radio_that_is_not_at_work_cannot_be_restarted() -> None:
    async def scenario() -> None:
        assert not await listener(SimulatedConcentrator(), configuration()).restart()

    asyncio.run(scenario())


def test_why_there_is_no_radio_can_be_asked() -> None:
    async def scenario() -> None:
        radio = Listener(Refusing(BusError("/dev/spidev0.0 does not exist")).connect, RestartPolicy(delays_s=()))
        with pytest.raises(BusError):
            await radio.start()
        assert radio.problem == "/dev/spidev0.0 does not exist"

    asyncio.run(scenario())
