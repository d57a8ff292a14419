"""The host's policy at work in the daemon: what it needs from the disk and the broker, and its answers."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import structlog

from forwarder.backend import Downlink, EmissionId, TxReceipt
from gateway.config.policy_section import PolicySection
from gateway.config.problems import ConfigError
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.accounts.ledger_clock import LedgerClock, resumed
from gateway.policy.accounts.ledger_keeping import accounts_directory, keep, open_ledger
from gateway.policy.admission import Admission
from gateway.policy.document import Policy
from gateway.policy.downlink_admission import DownlinkAdmission
from gateway.policy.identity.bindings_store import bindings_path
from gateway.policy.identity.device_knowledge import DeviceKnowledge
from gateway.policy.moment import Moment
from gateway.policy.rules import Rules
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import Held, Offer, Refusal
from gateway.policy.source.known_time import open_known_time
from gateway.policy.source.policy_desk import PolicyDesk
from gateway.policy.source.policy_file import PolicyFile
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.policy.source.signature import HostKey
from gateway.policy.verdict import DownlinkCharge, JudgedDownlink, Verdict
from gateway.policy.verdict_counts import VerdictCounts
from radio.duty_cycle_store import boottime_us, read_boot_id
from radio.packets import RxPacket, TxStatus
from radio.tx_dispatcher import EmissionReport

if TYPE_CHECKING:
    from gateway.broker.client import Broker

_log = structlog.get_logger()


class PolicySide:
    """Judges packets both ways. `trusted_unix_s` gives the time where it is sure; `broker` is None without one."""

    def __init__(
        self,
        section: PolicySection,
        state_dir: Path,
        region: str,
        trusted_unix_s: Callable[[], int | None],
        broker: "Broker | None",
    ) -> None:
        """Read what is kept. Blocks, for seconds where there is a day's heavy use.

        Raises:
            ConfigError: none of the host's keys can be read, so that no policy could ever be followed.
        """
        self.is_open_without = section.when_none_valid == "forward"
        self._host_key_paths = tuple(Path(path) for path in section.host_keys)
        keys = _host_keys(self._host_key_paths)
        boot_id = read_boot_id()
        self._ledger, self._clock, self._never_kept = _accounts(accounts_directory(state_dir), boot_id)
        self._knowledge = DeviceKnowledge(section, bindings_path(state_dir), region, self._ledger, self._clock.now_ms)
        self._admission = Admission(
            self._ledger,
            self._knowledge.bindings,
            open_without=self.is_open_without,
            authenticator=self._knowledge.authenticator,
        )
        self._downlinks = DownlinkAdmission(self._ledger, self._knowledge.bindings, self._admission.joins)
        self._knowledge.may_adopt = self._admission.is_one_depositors
        self._charged: dict[EmissionId, DownlinkCharge] = {}
        self.counts = VerdictCounts()
        self.beat_s: float | None = None
        """When its accounts were last looked after, by the event loop's clock; None before."""
        self._file: PolicyFile | None = None
        self._reload_wanted = asyncio.Event()
        self._wanted: Held | None = None
        self._wanted_news = asyncio.Event()
        known_time = open_known_time(state_dir, trusted_unix_s)
        self._desk = PolicyDesk(
            keys, PolicyStore(store_directory(state_dir)), known_time, self._follow, ask_again=self._look_at_file
        )
        if self._wanted is not None:
            self._admission.rules = Rules(self._wanted.policy)
            self._wanted_news.clear()
        if section.file is not None:
            self._file = PolicyFile(Path(section.file), self._offer, self._desk.refuse)
        if broker is not None:
            if section.topic is not None:
                broker.subscribe(section.topic, lambda message: self._desk.take_message(message.topic, message.payload))
            for topic_filter in section.bindings_topics:
                broker.subscribe(topic_filter, self._knowledge.take_message)

    def judge_uplinks(self, packets: Sequence[RxPacket]) -> Sequence[Verdict]:
        """See `HostPolicy`."""
        moment = self._moment()
        verdicts = self._admission.judge_all(packets, moment)
        self._ledger.write(moment.now_ms)
        self.counts.take_uplinks(verdicts)
        return verdicts

    def judge_downlink(self, downlink: Downlink) -> JudgedDownlink:
        """See `HostPolicy`."""
        rules, moment = self._admission.rules, self._moment()
        if rules is None:
            judged = JudgedDownlink(self._admission.without_policy)
        else:
            judged = self._downlinks.judge(rules, downlink, moment)
            self._ledger.write(moment.now_ms)
        self.counts.take_downlink(judged.verdict, downlink.backend)
        return judged

    def answered(self, judged: JudgedDownlink, receipt: TxReceipt) -> None:
        """See `HostPolicy`."""
        if receipt.status is not TxStatus.OK or receipt.emission is None:
            if judged.charge is not None:
                self._downlinks.release(judged.charge)
            return
        if judged.charge is not None:
            self._charged[receipt.emission] = judged.charge
        if judged.joins is not None:
            self._knowledge.accepted_join(*judged.joins)

    def emission_ended(self, report: EmissionReport) -> None:
        """See `HostPolicy`."""
        charge = self._charged.pop(report.entry.emission_id, None)
        if charge is not None and report.failure and not report.programmed:
            self._downlinks.release(charge)

    def summary(self) -> dict[str, object]:
        """See `HostPolicy`."""
        rules = self._admission.rules
        told: dict[str, object] = {"policy_serial": None if rules is None else rules.policy.serial}
        told |= self.counts.summary()
        if (refusal := self._desk.last_refusal) is not None:
            told["policy_refused"] = refusal.reason
        if (problem := self._never_kept or self._ledger.write_error) is not None:
            told["accounts_error"] = problem
        return told

    @property
    def in_force(self) -> Held | None:
        """The document in force."""
        return self._desk.in_force

    @property
    def last(self) -> Policy | None:
        """The document in force, else the last one that the gateway holds: whom it concerns is known from that."""
        held = self._desk.in_force or next(reversed(self._desk.kept.held), None)
        return None if held is None else held.policy

    @property
    def last_refusal(self) -> Refusal | None:
        """What was refused last."""
        return self._desk.last_refusal

    @property
    def known_unix_s(self) -> int | None:
        """The known time; see `gateway.policy.source.known_time`."""
        return self._desk.known_unix_s

    def now_ms(self) -> int:
        """Ledger time; see `gateway.policy.accounts.ledger_clock`."""
        return self._clock.now_ms()

    def reload(self) -> None:
        """Have every file looked at again, changed or not."""
        self._reload_wanted.set()
        self._knowledge.reload()

    async def run(self) -> None:
        """Keep accounts and bindings, and follow what the host signs, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep(self._ledger, self._clock.now_ms, self._beat))
            tasks.create_task(self._knowledge.run())
            tasks.create_task(self._make_ready())
            tasks.create_task(self._reload_when_asked())
            tasks.create_task(self._desk.run())
            if self._file is not None:
                tasks.create_task(self._file.run())

    def _beat(self) -> None:
        self.beat_s = asyncio.get_running_loop().time()

    async def _reload_when_asked(self) -> NoReturn:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            _log.info("files of the policy are read again")
            try:
                keys = await asyncio.to_thread(_host_keys, self._host_key_paths)
            except ConfigError as error:
                _log.error("the host's keys stay as they were", reason=str(error))
            else:
                await self._desk.use_keys(keys)
            self._look_at_file()

    def _look_at_file(self) -> None:
        if self._file is not None:
            self._file.look_now()

    async def _offer(self, offer: Offer) -> None:
        await self._desk.offer(offer)

    def _moment(self) -> Moment:
        return Moment(self._clock.now_ms(), self._desk.known_unix_s)

    def _follow(self, held: Held | None) -> None:
        """Another document is in force, or none."""
        self._wanted = held
        if held is None:
            self._admission.rules = None
        self._wanted_news.set()

    async def _make_ready(self) -> NoReturn:
        """Follow the document in force once it is ready: for a large one that takes longer than a packet may wait."""
        while True:
            await self._wanted_news.wait()
            self._wanted_news.clear()
            wanted = self._wanted
            if wanted is None:
                continue
            rules = await asyncio.to_thread(Rules, wanted.policy)
            if wanted is self._wanted:
                self._admission.rules = rules


def _host_keys(paths: Sequence[Path]) -> tuple[HostKey, ...]:
    """Those that can be read. Raises ConfigError where there is none."""
    keys: list[HostKey] = []
    failure: ConfigError | None = None
    for path in paths:
        try:
            keys += load_host_keys([path])
        except ConfigError as error:
            failure = error
            _log.error("a key of the host cannot be used", path=path, reason=str(error.problems[0].allowed))
    if failure is not None and not keys:
        raise failure
    return tuple(keys)


def _accounts(directory: Path, boot_id: str) -> tuple[Ledger, LedgerClock, str | None]:
    """The accounts as they were left. Where they cannot be kept they begin anew, and the reason is told."""
    try:
        opened = open_ledger(directory, boot_id)
    except OSError as error:
        _log.error("the accounts cannot be kept: a restart forgets them", path=directory, reason=error.strerror)
        clock = LedgerClock(resumed(None, 0, boot_id, boottime_us() // 1000))
        return Ledger(), clock, error.strerror or str(error)
    return opened.ledger, opened.clock, None
