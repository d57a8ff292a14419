"""The spine: each batch to each backend, and an account of what went through."""

import asyncio
from collections.abc import Sequence

from forwarder.backend import AtOnce, BackendCounters, Deliver, Downlink, EmissionId, GatewayStats, OnFate, Uplink
from gateway.pipeline import Pipeline
from radio.packets import CrcStatus, TxPacket
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxEntry, TxRequest
from tests.packets import PLAIN, packet


class Memory:
    """A backend that keeps what it is given."""

    on_fate: OnFate | None = None
    keeps_order = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = BackendCounters()
        self.batches: list[Sequence[Uplink]] = []
        self.stats: list[GatewayStats] = []
        self.ended: list[tuple[EmissionId, str]] = []
        self.starts = 0

    async def run(self, deliver: Deliver) -> None:
        deliver(Downlink(self.name, 1, TxPacket(b"city light", 868_100_000, 14), AtOnce()))

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        self.batches.append(uplinks)

    def send_stats(self, stats: GatewayStats) -> None:
        self.stats.append(stats)

    def radio_started(self) -> None:
        self.starts += 1

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        self.ended.append((emission, failure))


DAMAGED = packet(crc_status=CrcStatus.BAD)


def pipeline_to(*backends: Memory) -> Pipeline:
    pipeline = Pipeline()
    for backend in backends:
        pipeline.add(backend)
    return pipeline


def test_each_backend_gets_a_batch_in_one_call() -> None:
    first, second = Memory("first"), Memory("second")
    pipeline_to(first, second).handle_uplinks([PLAIN, DAMAGED])
    assert first.batches == second.batches == [[Uplink(PLAIN), Uplink(DAMAGED)]]


def test_an_empty_batch_calls_nobody() -> None:
    backend = Memory("main")
    pipeline_to(backend).handle_uplinks([])
    assert backend.batches == []


def test_a_report_counts_since_the_one_before() -> None:
    backend = Memory("main")
    pipeline = pipeline_to(backend)
    pipeline.handle_uplinks([PLAIN, DAMAGED])
    pipeline.report(100, 21.5)
    pipeline.handle_uplinks([PLAIN])
    pipeline.report(130, None)
    assert [(stats.packets_received, stats.packets_crc_ok) for stats in backend.stats] == [(2, 1), (1, 1)]
    assert [(stats.unix_time_s, stats.temperature_c) for stats in backend.stats] == [(100, 21.5), (130, None)]


def test_what_was_forwarded_is_each_backends_own_count() -> None:
    all_of_it, nothing = Memory("all"), Memory("nothing")
    pipeline = pipeline_to(all_of_it, nothing)
    all_of_it.counters = BackendCounters(uplinks_sent=5)
    pipeline.report(100, None)
    all_of_it.counters = BackendCounters(uplinks_sent=7)
    pipeline.report(130, None)
    assert [stats.packets_forwarded for stats in all_of_it.stats] == [5, 2]
    assert [stats.packets_forwarded for stats in nothing.stats] == [0, 0]


def test_a_request_to_transmit_is_counted() -> None:
    backend = Memory("main")
    pipeline = pipeline_to(backend)
    asyncio.run(backend.run(pipeline.handle_downlink))
    pipeline.report(100, None)
    assert backend.stats[0].downlinks_received == 1
    assert backend.stats[0].downlinks_emitted == 0


def test_a_backend_is_told_what_became_of_what_it_asked_for_and_no_other_is() -> None:
    pipeline, mine, others = Pipeline(), Memory("mine"), Memory("others")
    pipeline.add(mine)
    pipeline.add(others)
    request = TxRequest(TxPacket(b"city light", 868_100_000, 14), TxClass.A, 50_000, 1_000_000, "mine")
    entry = TxEntry(7, request, 1_000_000)
    pipeline.handle_emission(EmissionReport(entry))
    pipeline.handle_emission(EmissionReport(entry, "the chip was not seen emitting it"))
    assert mine.ended == [(entry.emission_id, ""), (entry.emission_id, "the chip was not seen emitting it")]
    assert others.ended == []


def test_every_backend_is_told_that_the_radio_was_started() -> None:
    one, two = Memory("one"), Memory("two")
    pipeline_to(one, two).radio_started()
    assert (one.starts, two.starts) == (1, 1)
