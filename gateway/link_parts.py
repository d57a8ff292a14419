"""The configuration and the daemon's parts → the parts that keep operators and depositors informed."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gateway import __version__
from gateway.config import Config
from gateway.daemon import Daemon
from gateway.link.actions import Actions
from gateway.link.certificate_watch import CertificateWatch, certificate_files
from gateway.link.chronicle import Chronicle
from gateway.link.depositor_voice import DepositorVoice
from gateway.link.evidence.log import EvidenceLog
from gateway.link.health_look import HealthLook
from gateway.link.heard import Heard
from gateway.link.keeping import LinkKeeper
from gateway.link.life_sign import FILE as LIFE_SIGN
from gateway.link.life_sign import LifeSignFile
from gateway.link.link_file import FILE as LINKS
from gateway.link.months.keeping import MonthKeeper
from gateway.link.observing import Observer
from gateway.link.operator_voice import OperatorVoice
from gateway.link.parties import Parties
from gateway.link.planned_work import PlannedWork
from gateway.link.present import Present
from gateway.link.requests_side import RequestsSide
from gateway.link.setting_up import evidence_log, gateway_key, notifier
from gateway.link.telling import Teller
from gateway.link.topic import Topics
from gateway.link.uplink_feed import UplinkFeed

if TYPE_CHECKING:
    from gateway.notices.dispatcher import Notifier

MONTHS, REPORTS = "months", "reports"


class LinkParts(msgspec.Struct, frozen=True):
    """What informs. `evidence`, `notifier`, `feed` and `requests` are None where they cannot be had, or are not wanted.

    `links_file` is where the links are kept.
    """

    gateway_eui: int
    present: Present
    evidence: EvidenceLog | None
    chronicle: Chronicle
    notifier: "Notifier | None"
    teller: Teller
    parties: Parties
    heard: Heard
    months: MonthKeeper
    work: PlannedWork
    voice: OperatorVoice
    depositors: DepositorVoice
    health: HealthLook
    certificates: CertificateWatch
    observer: Observer
    life: LifeSignFile
    keeper: LinkKeeper
    links_file: Path
    feed: UplinkFeed | None
    requests: RequestsSide | None


def assemble(config: Config, gateway_eui: int, daemon: Daemon) -> LinkParts:
    """Make them, and read what is kept; blocks for a disk at most. Needs a running event loop."""
    state_dir, beat_s = Path(config.gateway.state_dir), config.topics.beat_s
    topics = Topics(gateway_eui, config.topics.prefix)
    present = Present(daemon.clock, daemon.policy)
    key = gateway_key(state_dir)
    evidence = evidence_log(state_dir, key)
    chronicle = Chronicle(evidence, present.now, __version__)
    contacts = notifier(config, gateway_eui, key, daemon.clock.unix_time_s)
    if contacts is not None:
        contacts.on_fate.append(chronicle.fate)
    parties, heard, work = Parties(config.routes), Heard(present.now()), PlannedWork(chronicle)
    voice = OperatorVoice(topics, daemon.broker, present, beat_s)
    if daemon.pipeline.console is not None:
        voice.also = daemon.pipeline.console.happened
    feed, requests = None, None
    if daemon.broker is not None:
        feed = UplinkFeed(
            topics, daemon.broker, present.known_unix_s, lambda counter_us: daemon.pipeline.gnss.times_of(counter_us)[0]
        )
        requests = RequestsSide(
            topics,
            daemon.broker,
            present,
            parties=parties,
            voice=voice,
            chronicle=chronicle,
            contacts=contacts,
            allowed=frozenset(config.topics.commands),
            actions=_actions(daemon, work, present).by_name(),
            reports=state_dir / REPORTS,
        )
    return LinkParts(
        gateway_eui=gateway_eui,
        present=present,
        evidence=evidence,
        chronicle=chronicle,
        notifier=contacts,
        teller=Teller(topics, daemon.broker, contacts, chronicle.published),
        parties=parties,
        heard=heard,
        months=MonthKeeper(state_dir / MONTHS),
        work=work,
        voice=voice,
        depositors=DepositorVoice(
            topics,
            daemon.broker,
            parties,
            heard,
            now=present.now,
            evidence_head=lambda: None if evidence is None else evidence.head,
            beat_s=beat_s,
        ),
        health=HealthLook(
            daemon.listener,
            daemon.pipeline,
            daemon.policy,
            daemon.broker,
            notifier=contacts,
            evidence=evidence,
            vitals=daemon.vitals,
            beat_s=beat_s,
        ),
        certificates=CertificateWatch(certificate_files(config), daemon.broker),
        observer=Observer(
            daemon.listener,
            daemon.pipeline,
            daemon.clock,
            daemon.broker,
            state_dir,
            known_unix_s=present.known_unix_s,
            maintenance=lambda: work.planned,
            keepalives_s={server.name: server.keepalive_s for server in config.servers},
        ),
        life=LifeSignFile(state_dir / LIFE_SIGN, present.life_sign),
        keeper=LinkKeeper(state_dir / LINKS),
        links_file=state_dir / LINKS,
        feed=feed,
        requests=requests,
    )


def _actions(daemon: Daemon, work: PlannedWork, present: Present) -> Actions:
    reload_policy = None if daemon.policy is None else daemon.policy.reload
    return Actions(daemon.listener, reload_policy, daemon.set_level, work.announce, present.known_unix_s)
