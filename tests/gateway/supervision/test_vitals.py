"""The gateway's signs of life, gathered."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from forwarder.backend import BackendCounters
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.supervision.vitals import Vitals, radio_count
from gateway.supervision.watchdog import Sign
from gateway.supervision.watched import watch_link, watch_parts
from radio.simulator import SimulatedConcentrator
from tests.gateway.rig import configuration, listener


def signs(vitals: Vitals, radio: Listener, pipeline: Pipeline, now_s: float) -> dict[str, Sign]:
    return vitals.signs(radio, pipeline, now_s)


def test_a_radio_that_polls_makes_progress() -> None:
    async def story() -> None:
        radio = listener(SimulatedConcentrator(), configuration())
        assert radio_count(radio) is None
        await radio.start()
        before = radio_count(radio)
        assert before is not None
        async with asyncio.timeout(30):
            while (radio_count(radio) or 0) <= before:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.01)
        await radio.stop()
        assert radio_count(radio) is None

    asyncio.run(story())


def test_every_part_has_its_sign_of_life() -> None:
    vitals, pipeline = Vitals(), Pipeline()
    pipeline.backends.append(cast(Any, SimpleNamespace(name="main", counters=BackendCounters(beat_s=7.0))))
    pipeline.router = cast(Any, SimpleNamespace(beat_s=8.0))
    parts: Any = SimpleNamespace(broker=SimpleNamespace(beat_s=9.0), policy=SimpleNamespace(beat_s=10.0))
    watch_parts(vitals, parts)
    watch_link(vitals, cast(Any, SimpleNamespace(beat_s=11.0)))
    radio: Any = SimpleNamespace(concentrator=None)
    assert signs(vitals, radio, pipeline, 100.0) == {
        "radio thread": Sign(None),
        "server main": Sign(7.0),
        "router": Sign(8.0, waits_for_disk=True),
        "broker": Sign(9.0),
        "policy": Sign(10.0, waits_for_disk=True),
        "link": Sign(11.0, waits_for_disk=True),
    }


def test_what_a_gateway_does_not_have_is_not_expected() -> None:
    vitals = Vitals()
    watch_parts(vitals, cast(Any, SimpleNamespace(broker=None, policy=None)))
    radio: Any = SimpleNamespace(concentrator=None)
    assert signs(vitals, radio, Pipeline(), 100.0) == {"radio thread": Sign(None)}


def test_a_radio_that_makes_no_transfer_keeps_its_last_sign() -> None:
    vitals = Vitals()
    health = SimpleNamespace(transfers=7, bus_errors=0, held_polls=0)
    radio: Any = SimpleNamespace(concentrator=SimpleNamespace(health=lambda: health))
    signs(vitals, radio, Pipeline(), 100.0)
    assert signs(vitals, radio, Pipeline(), 105.0)["radio thread"] == Sign(100.0)
    health.bus_errors = 1
    assert signs(vitals, radio, Pipeline(), 106.0)["radio thread"] == Sign(106.0)
    health.held_polls = 1
    assert signs(vitals, radio, Pipeline(), 107.0)["radio thread"] == Sign(107.0)
