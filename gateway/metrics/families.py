"""The daemon at one moment → metrics. No device and no payload is in them, and of depositors only counts. Pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gateway.console.snapshot import IncidentPart, RadioState, Snapshot
from gateway.metrics.exposition import Family, Labels, Sample
from gateway.metrics.names import METRICS

Uplinks = Mapping[tuple[str, str, str], int]
"""Counts by depositor, empty for nobody, outcome and fate."""
Told = tuple[str, float | None, Labels]
"""A metric's name, its value, None where it is not known, and its labels."""


class Counted(msgspec.Struct, frozen=True):
    """What the snapshot has no room for: verdicts, refused requests by reason, the event loop's lag."""

    uplinks: Uplinks = {}
    rejected: Mapping[str, int] = {}
    loop_lag_s: float | None = None


def families(snapshot: Snapshot, counted: Counted) -> tuple[Family, ...]:
    """All metrics, in the order of `METRICS`; what is not known, or not there, has no sample."""
    samples: dict[str, list[Sample]] = {name: [] for name in METRICS}
    for name, value, labels in _told(snapshot, counted):
        if value is not None:
            samples[name].append(Sample(value, labels))
    return tuple(Family(name, *METRICS[name], tuple(of_name)) for name, of_name in samples.items())


def _told(snapshot: Snapshot, counted: Counted) -> Iterator[Told]:
    yield from _process(snapshot, counted)
    yield from _radio(snapshot)
    yield from _traffic(snapshot, counted)
    yield from _servers(snapshot)
    yield from _depositors(snapshot)
    yield from _host(snapshot)


def _process(snapshot: Snapshot, counted: Counted) -> Iterator[Told]:
    identity = (
        ("version", snapshot.version),
        ("gateway_eui", snapshot.gateway_eui or ""),
        ("name", snapshot.name or ""),
    )
    yield "candelabre_info", 1, identity
    yield "candelabre_uptime_seconds", snapshot.uptime_s, ()
    yield "candelabre_event_loop_lag_seconds", counted.loop_lag_s, ()
    yield "candelabre_stuck_parts", len(snapshot.stuck), ()


def _radio(snapshot: Snapshot) -> Iterator[Told]:
    radio = snapshot.radio
    yield "candelabre_radio_up", radio.state is RadioState.WORKING, ()
    yield "candelabre_radio_starts_total", radio.starts, ()
    yield "candelabre_radio_silence_seconds", radio.heard_s, ()
    yield "candelabre_radio_usual_silence_seconds", radio.usual_silence_s, ()
    yield "candelabre_radio_repair", radio.repair is not None, ()
    for fault, count in sorted(radio.faults.items()):
        yield "candelabre_radio_faults", count, (("fault", fault),)
    yield "candelabre_board_temperature_celsius", radio.temperature_c, ()


def _traffic(snapshot: Snapshot, counted: Counted) -> Iterator[Told]:
    traffic = snapshot.since_start
    yield "candelabre_packets_received_total", traffic.crc_ok, (("crc", "ok"),)
    yield "candelabre_packets_received_total", traffic.received - traffic.crc_ok, (("crc", "not_ok"),)
    yield "candelabre_uplinks_refused_total", traffic.refused, ()
    for (depositor, outcome, fate), count in sorted(counted.uplinks.items()):
        labels = (("depositor", depositor), ("outcome", outcome), ("fate", fate))
        yield "candelabre_uplinks_total", count, labels
    yield "candelabre_downlinks_requested_total", traffic.downlinks_asked, ()
    for reason, count in sorted(counted.rejected.items()):
        yield "candelabre_downlinks_rejected_total", count, (("reason", reason.lower()),)
    yield "candelabre_downlinks_emitted_total", traffic.downlinks_emitted, ()
    yield "candelabre_beacons_emitted_total", traffic.beacons_emitted, ()


def _servers(snapshot: Snapshot) -> Iterator[Told]:
    for server in snapshot.servers:
        labels = (("server", server.name), ("type", server.kind))
        yield "candelabre_server_connected", server.connected, labels
        yield "candelabre_server_answer_age_seconds", server.unanswered_s, labels
        yield "candelabre_server_uplinks_sent_total", server.sent, labels
        yield "candelabre_server_uplinks_acknowledged_total", server.acknowledged, labels
        yield "candelabre_server_uplinks_dropped_total", server.dropped, labels
    for route in snapshot.routes:
        for name in route.servers:
            yield "candelabre_route_active", name == route.active, (("route", route.name), ("server", name))
    store, broker = snapshot.store, snapshot.broker
    if store is not None:
        yield "candelabre_store_waiting_uplinks", store.waiting, ()
        yield "candelabre_store_used_ratio", store.share, ()
        yield "candelabre_store_given_up_total", store.given_up, ()
    if broker is not None:
        yield "candelabre_broker_connected", broker.connected, ()
        yield "candelabre_broker_waiting_messages", broker.waiting, ()


def _depositors(snapshot: Snapshot) -> Iterator[Told]:
    policy = snapshot.policy
    if policy is not None:
        yield "candelabre_policy_in_force", policy.serial is not None, ()
        yield "candelabre_policy_serial", policy.serial, ()
        yield "candelabre_policy_end_timestamp_seconds", policy.ends_unix_s, ()
    for state, count in sorted((snapshot.links or {}).items()):
        yield "candelabre_links", count, (("state", state),)
    if snapshot.incidents is not None:
        yield from _incidents([] if policy is None else policy.depositors, snapshot.incidents)
    planned = snapshot.maintenance
    yield "candelabre_maintenance", planned is not None and planned.is_under_way, ()


def _incidents(depositors: Iterable[str], incidents: Iterable[IncidentPart]) -> Iterator[Told]:
    """Of each depositor, also where there is none: a series that comes and goes makes bad alerts."""
    open_by = dict.fromkeys(depositors, 0)
    for incident in incidents:
        open_by[incident.depositor] = open_by.get(incident.depositor, 0) + 1
    for depositor, count in sorted(open_by.items()):
        yield "candelabre_incidents_open", count, (("depositor", depositor),)


def _host(snapshot: Snapshot) -> Iterator[Told]:
    clock = snapshot.clock
    yield "candelabre_clock_synchronised", clock.synchronised, ()
    if clock.gnss is not None:
        yield "candelabre_gnss_time_known", clock.gnss.time_known, ()
        yield "candelabre_gnss_agreement_age_seconds", clock.gnss.agreed_s, ()
    yield "candelabre_disk_free_ratio", snapshot.disk.free_share, ()
    yield "candelabre_disk_writable", snapshot.disk.problem is None, ()
    yield "candelabre_undervoltage", snapshot.undervoltage, ()
