"""What it costs to keep depositors informed is measured on what really informs them."""

import asyncio

import msgspec

from bench.effort import QUICK
from bench.link import COUNTING, PUBLISHING, measure_counting, measure_publishing
from tests.mosquitto import tool

SHORT = msgspec.structs.replace(QUICK, link_packets=50, cpu_s={200: 0.1})


def test_counting_is_the_links_status_and_the_months_report() -> None:
    [reading] = asyncio.run(measure_counting(SHORT))
    assert (reading.name,) == COUNTING
    assert reading.value > 0


def test_every_packet_is_published_and_acknowledged() -> None:
    tool("mosquitto")
    [reading] = asyncio.run(measure_publishing(SHORT))
    assert (reading.name,) == PUBLISHING
    assert "20 packets" in reading.how
    assert "; 0 lost" in reading.how
