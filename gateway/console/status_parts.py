"""What is said of each part of the gateway: lines with their ink. Pure."""

import datetime
import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from gateway.console.formats import age, cut, day, decimal, moment, padded, percent, say, shown
from gateway.console.snapshot import IncidentPart, RadioState, Repair, ServerPart, Snapshot, TrafficPart
from gateway.console.words import Words
from gateway.supervision.repairs import Deafness
from gateway.terminal import Ink

# Lines of a driver's sentence, which ends with what to look at.
MOST_PROBLEM_LINES = 2
GOOD_MARK, BAD_MARK = "●", "○"
HEARING_INK = {Deafness.BEING_MENDED.value: Ink.BAD, Deafness.GIVEN_UP.value: Ink.WARN}
Said = tuple[str, Ink | None]
"""What stands on a line, and in which ink."""


class Room(msgspec.Struct, frozen=True):
    """How much is told of what there may be much of; `details` are what can be missed."""

    servers: int
    incidents: int
    details: bool


ROOMY, CRAMPED = Room(servers=3, incidents=3, details=True), Room(servers=2, incidents=2, details=False)


def parts(
    snapshot: Snapshot, words: Words, zone: datetime.tzinfo | None, width: int, room: Room
) -> Iterator[tuple[str, list[Said]]]:
    """Each part's label and lines, which fit `width` columns mostly."""
    names = words.status
    yield names.radio, list(_radio(snapshot, words, width, room))
    yield names.traffic, list(_traffic(snapshot, words, room))
    yield names.servers, list(_servers(snapshot, words, room))
    if snapshot.broker is not None:
        yield names.broker, [_broker(snapshot, words)]
    yield names.clock, [_clock(snapshot, words)]
    yield names.policy, list(_policy(snapshot, words, zone, room))
    if snapshot.incidents is not None and snapshot.policy is not None:
        yield names.links, [_links(snapshot, words)]
        yield names.incidents, list(_incidents(snapshot.incidents, words, zone, room))
    yield names.store, [_store(snapshot, words)]
    yield names.host, [_host(snapshot, words)]
    running = say(words, names.running_for, version=snapshot.version, age=age(snapshot.uptime_s, words))
    yield names.version, [(running, None)]


def _radio(snapshot: Snapshot, words: Words, width: int, room: Room) -> Iterator[Said]:
    radio, names = snapshot.radio, words.status
    model = radio.model or "SX130x"
    if radio.state is RadioState.WORKING:
        yield _hearing(snapshot, words, model, width), HEARING_INK.get(radio.deafness or "")
    elif radio.state is RadioState.STARTING:
        yield say(words, names.starting, model=model), Ink.WARN
    else:
        text = say(words, names.lost, model=model, problem=radio.problem or radio.activity or "?")
        for line in textwrap.wrap(text, width, max_lines=MOST_PROBLEM_LINES, placeholder="…"):
            yield line, Ink.BAD
    if radio.faults and room.details:
        faults = ", ".join(f"{name} {count}" for name, count in radio.faults.items())
        yield say(words, names.faults, faults=faults), Ink.WARN
    if radio.repair is not None:
        yield _repair(names.repair, radio.repair, words), Ink.WARN
    elif radio.last_repair is not None:
        mended = radio.last_repair.mended is not False
        text = _repair(names.repaired if mended else names.not_mended, radio.last_repair, words)
        if radio.next_repair_s is not None and radio.troubles:
            text = say(words, names.next_repair, age=age(radio.next_repair_s, words)) + ", " + text
        yield text, None if mended else Ink.WARN


def _hearing(snapshot: Snapshot, words: Words, model: str, width: int) -> str:
    """That it listens, and what it heard last; what a silence is usually, as far as there is room."""
    radio, names = snapshot.radio, words.status
    text = say(words, names.listens, model=model)
    if radio.heard_s is not None:
        template = names.last_packet if snapshot.since_start.received else names.no_packet
        text += ", " + say(words, template, age=age(radio.heard_s, words))
    if radio.usual_silence_s is not None:
        usual = f" ({say(words, names.usual_silence, age=age(radio.usual_silence_s, words))})"
        text += usual if len(text + usual) <= width else ""
    return text


def _repair(template: str, repair: Repair, words: Words) -> str:
    rung = words.rungs.get(repair.rung, repair.rung)
    trouble = words.radio_troubles.get(repair.trouble, repair.trouble)
    return say(words, template, rung=rung, trouble=trouble, age=age(repair.ago_s or 0.0, words))


def _traffic(snapshot: Snapshot, words: Words, room: Room) -> Iterator[Said]:
    hour, start = snapshot.last_hour, snapshot.since_start
    over_hour = say(words, words.status.over_hour, age=age(hour.over_s, words))
    yield f"{over_hour}{words.colon}{_packets(hour, words)}", None
    yield _downlinks(hour, words), None
    if start.over_s > hour.over_s + 1 and room.details:
        yield f"{words.status.over_start}{words.colon}{_packets(start, words)}", None


def _packets(traffic: TrafficPart, words: Words) -> str:
    damaged = traffic.received - traffic.crc_ok
    # What is damaged is refused, too: it is told once.
    refused = max(0, traffic.refused - damaged) if traffic.refused else 0
    return say(words, words.status.packets, received=traffic.received, damaged=damaged, refused=refused)


def _downlinks(traffic: TrafficPart, words: Words) -> str:
    text = say(words, words.status.downlinks, emitted=traffic.downlinks_emitted, asked=traffic.downlinks_asked)
    if traffic.beacons_emitted:
        text += ", " + say(words, words.status.beacons, beacons=traffic.beacons_emitted)
    return text


def _servers(snapshot: Snapshot, words: Words, room: Room) -> Iterator[Said]:
    """Those first that do not answer."""
    servers = sorted(snapshot.servers, key=lambda server: server.connected)
    if not servers:
        yield words.status.none_configured, None
    told = servers if len(servers) <= room.servers else servers[: room.servers - 1]
    for server in told:
        yield server_line(server, words), server_ink(server, snapshot)
    if rest := servers[len(told) :]:
        silent = sum(not server.connected for server in rest)
        yield say(words, words.status.more_servers, count=len(rest), silent=silent), Ink.BAD if silent else None


def server_ink(server: ServerPart, snapshot: Snapshot) -> Ink | None:
    """One that does not answer is worse where no other stands in for it."""
    if server.connected:
        return None
    is_needed = any(route.active is None and server.name in route.servers for route in snapshot.routes)
    return Ink.BAD if is_needed else Ink.WARN


def server_line(server: ServerPart, words: Words) -> str:
    """One server: its name, what it speaks, whether it answers, and how much it has confirmed."""
    names = words.status
    mark = GOOD_MARK if server.connected else BAD_MARK
    if server.connected:
        state = say(words, names.server_answers, age=age(server.unanswered_s or 0.0, words))
    elif server.unanswered_s is None:
        state = names.server_never
    else:
        state = say(words, names.server_silent, age=age(server.unanswered_s, words))
    if server.connected:
        state += ", " + say(words, names.acknowledged, count=server.acknowledged)
    kind = words.kinds.get(server.kind, server.kind)
    return f"{mark} {padded(cut(shown(server.name), 12), 12)} {kind:<15} {state}"


def _broker(snapshot: Snapshot, words: Words) -> Said:
    broker, names = snapshot.broker, words.status
    if broker is None:
        return names.none_configured, None
    if broker.connected:
        text = say(words, names.broker_connected, age=age(broker.for_s or 0.0, words))
    elif broker.for_s is None:
        text = names.broker_never
    else:
        text = say(words, names.broker_lost, age=age(broker.for_s, words))
    if not broker.connected and broker.problem is not None:
        text += f" ({shown(broker.problem)})"
    if broker.waiting:
        text += ", " + say(words, names.waiting, count=broker.waiting)
    return text, None if broker.connected else Ink.BAD


def _clock(snapshot: Snapshot, words: Words) -> Said:
    clock, names = snapshot.clock, words.status
    host = names.synchronised if clock.synchronised else names.not_synchronised
    if clock.gnss is None:
        gnss = names.no_gnss
    elif clock.gnss.time_known:
        gnss = say(words, names.gnss_known, age=age(clock.gnss.agreed_s or 0.0, words))
    else:
        gnss = say(words, names.gnss_unknown)
        problem = names.gnss_problems.get(clock.gnss.problem or "")
        gnss += "" if problem is None else f" ({problem})"
    is_well = clock.synchronised and (clock.gnss is None or clock.gnss.time_known)
    return f"{host}, {gnss}", None if is_well else Ink.WARN


def _policy(snapshot: Snapshot, words: Words, zone: datetime.tzinfo | None, room: Room) -> Iterator[Said]:
    policy, names = snapshot.policy, words.status
    if policy is None:
        yield say(words, names.no_policy), None
        return
    if policy.serial is None:
        yield names.policy_missing, Ink.WARN if policy.is_open_without else Ink.BAD
    else:
        said = [say(words, names.serial, serial=str(policy.serial))]
        if policy.ends_unix_s is not None:
            # A policy that ends with a day is valid on that day.
            said.append(say(words, names.valid_until, date=day(policy.ends_unix_s - 1, words, zone)))
        yield ", ".join(said), None
    if policy.depositors and room.details:
        names_of_depositors = ", ".join(policy.depositors)
        yield say(words, names.depositors, count=len(policy.depositors), names=names_of_depositors), None


def _links(snapshot: Snapshot, words: Words) -> Said:
    links = snapshot.links or {}
    if not links:
        return words.status.no_links, None
    texts = words.status.link_states
    said = ", ".join(say(words, texts[state], count=links[state]) for state in texts if links.get(state))
    return said, Ink.BAD if "down" in links else Ink.WARN if links.keys() - {"up"} else None


def _incidents(
    incidents: Sequence[IncidentPart], words: Words, zone: datetime.tzinfo | None, room: Room
) -> Iterator[Said]:
    if not incidents:
        yield words.status.no_incident, None
    told = incidents if len(incidents) <= room.incidents else incidents[: room.incidents - 1]
    for incident in told:
        yield incident_line(incident, words, zone), Ink.BAD if incident.state == "down" else Ink.WARN
    if len(told) < len(incidents):
        yield say(words, words.status.more_incidents, count=len(incidents) - len(told)), Ink.WARN


def incident_line(incident: IncidentPart, words: Words, zone: datetime.tzinfo | None) -> str:
    """Whose it is, what about, and since when."""
    about = words.about.get(incident.about, incident.about)
    if incident.detail is not None:
        about += f" ({words.details.get(incident.detail, incident.detail)})"
    text = say(words, words.status.incident, depositor=incident.depositor, about=about)
    if incident.begin_unix_s is not None:
        text += ", " + say(words, words.status.incident_since, date=moment(incident.begin_unix_s, words, zone))
    return text


def _store(snapshot: Snapshot, words: Words) -> Said:
    store, names = snapshot.store, words.status
    if store is None:
        return names.none_configured, None
    if store.waiting:
        text = say(words, names.stored, count=store.waiting, share=percent(store.share, words))
    else:
        text = say(words, names.store_empty)
    if store.given_up:
        text += ", " + say(words, names.given_up, count=store.given_up)
    return text, Ink.WARN if store.problem is not None else None


def _host(snapshot: Snapshot, words: Words) -> Said:
    names, disk = words.status, snapshot.disk
    if disk.problem is not None:
        said = [say(words, names.disk_problem, problem=disk.problem)]
    elif disk.free_share is None:
        said = [say(words, names.disk_unknown)]
    else:
        said = [say(words, names.disk_free, share=percent(disk.free_share, words))]
    if snapshot.radio.temperature_c is not None:
        said.append(say(words, names.board_at, temperature=decimal(snapshot.radio.temperature_c, words, 0)))
    if snapshot.undervoltage is not None:
        said.append(names.power_low if snapshot.undervoltage else names.power_good)
    return ", ".join(said), Ink.WARN if disk.problem is not None or snapshot.undervoltage else None
