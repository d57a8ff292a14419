"""Telling what became of uplinks."""

import asyncio
from collections.abc import Sequence

from forwarder.chirpstack_mqtt.fates import Fates
from tests.gateway.broker.scene import play

Told = list[tuple[list[int], bool]]


def telling() -> tuple[Fates, Told]:
    told: Told = []

    def tell(keys: Sequence[int], delivered: bool) -> None:
        told.append((list(keys), delivered))

    return Fates(tell), told


def test_what_becomes_known_in_one_turn_is_told_in_the_next_all_together() -> None:
    async def story() -> None:
        fates, told = telling()
        fates.known([1], is_delivered=True)
        fates.known([2, 3], is_delivered=False)
        fates.known([4], is_delivered=True)
        assert told == []
        await asyncio.sleep(0)
        assert told == [([1, 4], True), ([2, 3], False)]
        fates.known([5], is_delivered=False)
        await asyncio.sleep(0)
        assert told[2:] == [([5], False)]

    play(story())


def test_uplinks_without_a_key_are_not_told() -> None:
    async def story() -> None:
        fates, told = telling()
        fates.known([0, 0], is_delivered=True)
        fates.known([0, 7], is_delivered=False)
        await asyncio.sleep(0)
        assert told == [([7], False)]

    play(story())
