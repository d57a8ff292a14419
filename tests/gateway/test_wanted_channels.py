"""The channels that a server wants are listened to: a real radio is started anew, on a simulated chip."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

from gateway.listener import Listener
from gateway.wanted_channels import WantedChannels
from radio.simulator import SimulatedConcentrator, Transmission
from radio.sx1302.plan import Channel, ConcentratorPlan
from tests.gateway.broker.scene import until
from tests.gateway.rig import configuration, listener

PLAN = configuration().plan
HEARD_HZ, OTHER_HZ = 867_100_000, 868_300_000


def only(freq_hz: int) -> ConcentratorPlan:
    """The board's plan with one channel left."""
    index = 0 if PLAN.radios[0] is not None and abs(PLAN.radios[0].freq_hz - freq_hz) < 460_000 else 1
    radio = PLAN.radios[index]
    assert radio is not None
    channels = (Channel(index, freq_hz - radio.freq_hz), *(None,) * 7)
    return msgspec.structs.replace(PLAN, channels=channels, lora_std=None, fsk=None)


@contextlib.asynccontextmanager
async def at_work(chip: SimulatedConcentrator) -> AsyncIterator[tuple[WantedChannels, Listener, list[bytes]]]:
    radio, heard = listener(chip, configuration()), list[bytes]()
    channels = WantedChannels(PLAN, radio)
    await radio.start()
    tasks = [
        asyncio.create_task(radio.listen(lambda batch: heard.extend(packet.payload for packet in batch))),
        asyncio.create_task(channels.run()),
    ]
    try:
        yield channels, radio, heard
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await radio.stop()


def test_another_plan_is_used_after_a_restart_of_the_radio_and_whoever_asked_is_told() -> None:
    async def story() -> None:
        chip, told = SimulatedConcentrator(), list[str]()
        async with at_work(chip) as (channels, radio, heard):
            former = radio.concentrator
            channels.want(only(HEARD_HZ), lambda: told.append("one"))
            await until(lambda: told == ["one"])
            await until(lambda: radio.silent_s is not None)
            assert radio.concentrator is not former
            chip.air.deliver_now(Transmission(b"not heard", OTHER_HZ, -80.0, 7.5, 7))
            chip.air.deliver_now(Transmission(b"heard now", HEARD_HZ, -80.0, 7.5, 7))
            await until(lambda: bool(heard))
        assert heard == [b"heard now"]

    asyncio.run(story())


def test_the_plan_in_use_costs_no_restart() -> None:
    async def story() -> None:
        told = list[str]()
        async with at_work(SimulatedConcentrator()) as (channels, radio, _):
            former = radio.concentrator
            channels.want(PLAN, lambda: told.append("own"))
            await until(lambda: told == ["own"])
            assert radio.concentrator is former

    asyncio.run(story())


def test_of_several_wishes_at_once_the_last_one_counts() -> None:
    async def story() -> None:
        told = list[str]()
        async with at_work(SimulatedConcentrator()) as (channels, radio, _):
            channels.want(only(OTHER_HZ), lambda: told.append("former"))
            channels.want(only(HEARD_HZ), lambda: told.append("last"))
            await until(lambda: bool(told))
            assert (told, radio.plan) == (["last"], only(HEARD_HZ))

    asyncio.run(story())


def test_a_radio_that_is_not_at_work_has_the_plan_at_its_next_start() -> None:
    async def story() -> None:
        told = list[str]()
        async with at_work(SimulatedConcentrator()) as (channels, radio, _):
            await radio.stop()
            channels.want(only(HEARD_HZ), lambda: told.append("later"))
            await until(lambda: told == ["later"])
            assert radio.plan == only(HEARD_HZ)

    asyncio.run(story())
