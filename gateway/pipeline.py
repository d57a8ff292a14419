"""The spine: every packet heard comes through here, and so does every request to transmit."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from forwarder.backend import Backend, Downlink, GatewayStats, TxReceipt, Uplink
from gateway.downlinks import DownlinkDesk
from gateway.gnss_time import GnssTime, NoGnssTime
from gateway.host_policy import HostPolicy, NoHostPolicy
from gateway.policy.verdict import JudgedDownlink, Verdict
from gateway.router import Router
from gateway.traffic.tap import Tap
from radio.packets import CrcStatus, RxPacket, TxStatus
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass

if TYPE_CHECKING:
    from gateway.console.console import Console


class Totals(msgspec.Struct, frozen=True):
    """What went through since the daemon started."""

    packets_received: int = 0
    packets_crc_ok: int = 0
    packets_refused: int = 0
    downlinks_received: int = 0
    downlinks_emitted: int = 0
    beacons_emitted: int = 0


class Pipeline:
    """Hands what the radio hears to every backend, and what they want transmitted to the desk; keeps count."""

    def __init__(self) -> None:
        self.backends: list[Backend] = []
        self._onlookers: list[Backend] = []
        self.desk: DownlinkDesk | None = None
        self.policy: HostPolicy = NoHostPolicy()
        self.router: Router | None = None
        self.tap: Tap | None = None
        self.console: Console | None = None
        self.gnss: GnssTime = NoGnssTime()
        self.on_beacon: Callable[[EmissionReport], None] | None = None
        self.on_heard: Callable[[Sequence[RxPacket], Sequence[Verdict]], None] | None = None
        self.refusals: Counter[TxStatus] = Counter()
        self.totals = Totals()
        self._reported = Totals()
        self._reported_sent: dict[str, int] = {}

    def add(self, backend: Backend) -> None:
        """From now on, give this backend what its routes say; all that is heard, where there is no router yet."""
        self.backends.append(backend)
        if self.router is None:
            self._onlookers.append(backend)
        else:
            self.router.add(backend)

    def handle_uplinks(self, packets: Sequence[RxPacket]) -> None:
        """Take what one poll of the radio returned: judged by the policy, routed to servers, told to who looks on."""
        if not packets:
            return
        verdicts = self.policy.judge_uplinks(packets)
        if self.tap is not None:
            self.tap.offer(packets, verdicts)
        if self.console is not None:
            self.console.heard(packets, verdicts)
        uplinks = [
            Uplink(packet, *self.gnss.times_of(packet.counter_us))
            for packet, verdict in zip(packets, verdicts, strict=True)
            if verdict.forwarded
        ]
        totals = self.totals
        self.totals = msgspec.structs.replace(
            totals,
            packets_received=totals.packets_received + len(packets),
            packets_crc_ok=totals.packets_crc_ok + sum(packet.crc_status is CrcStatus.OK for packet in packets),
            packets_refused=totals.packets_refused + len(packets) - len(uplinks),
        )
        if uplinks:
            self._forward(uplinks, [verdict for verdict in verdicts if verdict.forwarded])
        if self.on_heard is not None:
            self.on_heard(packets, verdicts)

    def _forward(self, uplinks: Sequence[Uplink], verdicts: Sequence[Verdict]) -> None:
        if self.router is not None:
            self.router.send(uplinks, verdicts)
        for onlooker in self._onlookers:
            onlooker.send_uplinks(uplinks)

    def handle_downlink(self, downlink: Downlink) -> TxReceipt:
        """Take a request to transmit; what is accepted is emitted or reported as failed later."""
        self.totals = msgspec.structs.replace(self.totals, downlinks_received=self.totals.downlinks_received + 1)
        receipt = self._decide(downlink)
        if receipt.status is not TxStatus.OK:
            self.refusals[receipt.status] += 1
        return receipt

    def _decide(self, downlink: Downlink) -> TxReceipt:
        if self.desk is None:
            return self._told(downlink, None, TxReceipt(TxStatus.RADIO_DOWN))
        judged = self.policy.judge_downlink(downlink)
        if not judged.verdict.forwarded:
            return self._told(downlink, judged, TxReceipt(TxStatus.NOT_PERMITTED))
        receipt = self.desk.decide(downlink)
        self.policy.answered(judged, receipt)
        return self._told(downlink, judged, receipt)

    def _told(self, downlink: Downlink, judged: JudgedDownlink | None, receipt: TxReceipt) -> TxReceipt:
        """The receipt, told to who watches."""
        if self.console is not None:
            self.console.asked(downlink, judged, receipt)
        return receipt

    def radio_started(self) -> None:
        """The concentrator was started again."""
        if self.console is not None:
            self.console.look.starts += 1
        for backend in self.backends:
            backend.radio_started()

    def handle_emission(self, report: EmissionReport) -> None:
        """An accepted packet is on the air no more, or never was."""
        totals, emitted = self.totals, not report.failure
        if self.console is not None:
            self.console.emitted(report)
        self.policy.emission_ended(report)
        if report.entry.request.tx_class is TxClass.BEACON:
            if self.on_beacon is not None:
                self.on_beacon(report)
            self.totals = msgspec.structs.replace(totals, beacons_emitted=totals.beacons_emitted + emitted)
            return
        if self.desk is not None:
            self.desk.emitted(report)
        for backend in self.backends:
            if backend.name == report.entry.request.origin:
                backend.emission_ended(report.entry.emission_id, report.failure)
        self.totals = msgspec.structs.replace(totals, downlinks_emitted=totals.downlinks_emitted + emitted)

    def reload(self) -> None:
        """Have the policy's files looked at again."""
        self.policy.reload()

    def report(self, unix_time_s: int | None, temperature_c: float | None) -> None:
        """Send each backend the counters since the last report; what was forwarded is that backend's own."""
        now, before = self.totals, self._reported
        position = self.gnss.position
        for backend in self.backends:
            sent = backend.counters.uplinks_sent
            backend.send_stats(
                GatewayStats(
                    unix_time_s=unix_time_s,
                    packets_received=now.packets_received - before.packets_received,
                    packets_crc_ok=now.packets_crc_ok - before.packets_crc_ok,
                    packets_forwarded=sent - self._reported_sent.get(backend.name, 0),
                    downlinks_received=now.downlinks_received - before.downlinks_received,
                    downlinks_emitted=now.downlinks_emitted - before.downlinks_emitted,
                    temperature_c=temperature_c,
                    latitude_deg=None if position is None else position.latitude_deg,
                    longitude_deg=None if position is None else position.longitude_deg,
                    altitude_m=None if position is None else round(position.altitude_m),
                )
            )
            self._reported_sent[backend.name] = sent
        self._reported = now
