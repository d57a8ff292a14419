"""What is asked of the gateway over MQTT, in the daemon: operators' commands, and depositors' problem reports."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.link.chronicle import Chronicle
from gateway.link.messages_command import Command, CommandName, CommandReply
from gateway.link.operator.daemon_happenings import command
from gateway.link.operator.depositor_happenings import problem_report
from gateway.link.operator_voice import OperatorVoice
from gateway.link.parties import Parties
from gateway.link.present import Present
from gateway.link.requests.commands import Action, CommandDesk
from gateway.link.requests.report_book import KeptReport
from gateway.link.requests.report_store import ReportStore
from gateway.link.requests.reports import ReportDesk
from gateway.link.topic import Topics
from gateway.notices.news import Matter, News
from gateway.notices.notice import Kind

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.notices.dispatcher import Notifier

MS_PER_S = 1000


class RequestsSide:
    """Takes requests from the broker, and tells operators, evidence and contacts of them."""

    def __init__(
        self,
        topics: Topics,
        broker: "Broker",
        present: Present,
        *,
        parties: Parties,
        voice: OperatorVoice,
        chronicle: Chronicle,
        contacts: "Notifier | None",
        allowed: frozenset[CommandName],
        actions: Mapping[CommandName, Action],
        reports: Path,
    ) -> None:
        self._voice = voice
        self._chronicle = chronicle
        self._contacts = contacts
        self._commands = CommandDesk(
            topics, allowed, actions, broker.publish, now=present.now, on_done=self._command_done
        )
        self._reports = ReportDesk(
            topics,
            ReportStore(reports),
            lambda: list(parties.depositors),
            broker.publish,
            now=present.now,
            on_report=self._reported,
        )
        broker.subscribe(topics.all_commands, self._commands.take)
        broker.subscribe(topics.all_reports, self._reports.take)

    async def run(self) -> None:
        """Handle what comes, until cancelled."""
        async with asyncio.TaskGroup() as desks:
            desks.create_task(self._commands.run())
            desks.create_task(self._reports.run())

    def _command_done(self, name: str, asked: Command | None, reply: CommandReply) -> None:
        by = None if asked is None else asked.by
        known = {each.value: each for each in CommandName}
        if name in known:
            self._voice.happened(command(known[name], reply.outcome, by, reply.reason))

    def _reported(self, report: KeptReport) -> None:
        told = problem_report(report.depositor, report.id, report.text, dev_eui=report.dev_eui, contact=report.contact)
        self._voice.happened(told)
        self._chronicle.report(report.depositor, report.id, report.digest)
        if self._contacts is not None:
            detected_unix_s = None if report.unix_ms is None else report.unix_ms // MS_PER_S
            news = News(
                kind=Kind.ACKNOWLEDGED, matter=Matter.REPORT, identity=report.id, detected_unix_s=detected_unix_s
            )
            self._contacts.tell_news(news, report.depositor)
