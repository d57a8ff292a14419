"""What the console's screens say, one language at a time. Braces hold the places of values."""

from collections.abc import Mapping

import msgspec

from gateway.language import Language
from gateway.policy.outcome import Outcome
from radio.packets import TxStatus


class StatusWords(msgspec.Struct, frozen=True, kw_only=True):
    """The screen of `status`: the names of its lines, and what is said of each part."""

    radio: str
    traffic: str
    servers: str
    broker: str
    clock: str
    policy: str
    links: str
    store: str
    incidents: str
    host: str
    version: str
    listens: str
    starting: str
    lost: str
    last_packet: str
    no_packet: str
    usual_silence: str
    faults: str
    repair: str
    repaired: str
    not_mended: str
    next_repair: str
    over_hour: str
    over_start: str
    packets: str
    downlinks: str
    beacons: str
    server_answers: str
    server_silent: str
    server_never: str
    acknowledged: str
    more_servers: str
    broker_connected: str
    broker_lost: str
    broker_never: str
    waiting: str
    none_configured: str
    synchronised: str
    not_synchronised: str
    gnss_known: str
    gnss_unknown: str
    gnss_problems: Mapping[str, str]
    no_gnss: str
    serial: str
    valid_until: str
    no_policy: str
    policy_missing: str
    depositors: str
    link_states: Mapping[str, str]
    no_links: str
    stored: str
    store_empty: str
    given_up: str
    no_incident: str
    incident: str
    incident_since: str
    more_incidents: str
    disk_free: str
    disk_unknown: str
    disk_problem: str
    board_at: str
    power_good: str
    power_low: str
    running_for: str


class WatchWords(msgspec.Struct, frozen=True, kw_only=True):
    """The screen of `watch`."""

    quits: str
    columns: tuple[str, ...]
    packets: str
    channels: str
    nothing_heard: str
    downlinks: str
    no_downlink: str
    emitted: str
    not_emitted: str
    accepted: str
    servers: str
    no_server: str
    incidents: str
    gone: str
    back: str
    untold: str
    connecting: str
    outcomes: Mapping[Outcome, str]
    forwarded: str
    would_refuse: str
    damaged: str
    tx: Mapping[TxStatus, str]
    beacon: str


class SurveyWords(msgspec.Struct, frozen=True, kw_only=True):
    """The screen of the survey."""

    title: str
    title_open: str
    columns: tuple[str, ...]
    nothing: str
    totals: str
    legend: tuple[str, ...]
    written: str
    not_written: str
    more: str
    ends: str


class TroubleWords(msgspec.Struct, frozen=True, kw_only=True):
    """Verdict and troubles; `texts` by the trouble's kind."""

    all_well: str
    one: str
    several: str
    starting: str
    doctor: str
    texts: Mapping[str, str]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in one language. `spaced` are the no-break spaces that it wants, `decimal` its decimal mark;
    `colon` and `semicolon` come with theirs."""

    language: Language
    spaced: Mapping[str, str]
    thousands: str
    decimal: str
    colon: str
    semicolon: str
    day: str
    date: str
    status: StatusWords
    watch: WatchWords
    survey: SurveyWords
    troubles: TroubleWords
    rungs: Mapping[str, str]
    radio_troubles: Mapping[str, str]
    about: Mapping[str, str]
    details: Mapping[str, str]
    kinds: Mapping[str, str]
