"""What passes → the lines that watchers get of it. Pure. No payload goes further than here."""

from typing import Literal

from forwarder.backend import Downlink, TxReceipt
from forwarder.phypayload import DataFrame, Frame, JoinRequest, RejoinRequest, parse_phypayload
from gateway.console.lines import Asked, Emitted, Heard
from gateway.policy.identity.frame_id import frame_id
from gateway.policy.verdict import JudgedDownlink, Verdict
from radio.airtime import rx_airtime_us
from radio.packets import CrcStatus, Modulation, RxPacket, TxPacket
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass

_CRC: dict[CrcStatus, Literal["ok", "bad", "absent"]] = {
    CrcStatus.OK: "ok",
    CrcStatus.BAD: "bad",
    CrcStatus.ABSENT: "absent",
}


def heard(packet: RxPacket, verdict: Verdict, t_ms: int) -> Heard:
    """The line of a packet."""
    good = packet.crc_status is CrcStatus.OK
    frame = parse_phypayload(packet.payload) if good else None
    is_fsk = packet.modulation is Modulation.FSK
    return Heard(
        t_ms=t_ms,
        kind=None if frame is None else _kind(frame),
        dev_addr=_dev_addr(frame, verdict),
        dev_eui=_dev_eui(frame, verdict),
        fcnt=frame.fcnt if isinstance(frame, DataFrame) else None,
        frame=None if frame is None else frame_id(packet.payload),
        depositor=verdict.depositor,
        outcome=verdict.outcome,
        forwarded=verdict.forwarded,
        would_refuse=verdict.would_refuse,
        crc=_CRC[packet.crc_status],
        freq_hz=packet.freq_hz,
        channel=packet.channel,
        data_rate=data_rate(packet),
        spreading_factor=packet.spreading_factor,
        rssi_dbm=round(packet.rssi_channel_dbm, 1),
        snr_db=None if is_fsk else round(packet.snr_db, 1),
        size=len(packet.payload),
        airtime_us=rx_airtime_us(packet),
    )


def data_rate(packet: RxPacket | TxPacket) -> str:
    """In the notation of the field: SF7BW125, or the bit rate of FSK."""
    if packet.modulation is Modulation.FSK:
        return f"FSK{packet.bitrate_bps // 1000}k"
    return f"SF{packet.spreading_factor}BW{packet.bandwidth_hz // 1000}"


def _kind(frame: Frame) -> str:
    if isinstance(frame, DataFrame):
        return frame.message_type.name.lower()
    return {JoinRequest: "join_request", RejoinRequest: "rejoin_request"}.get(type(frame), "join_accept")


def _dev_addr(frame: Frame | None, verdict: Verdict | None) -> str | None:
    dev_addr = frame.dev_addr if isinstance(frame, DataFrame) else None if verdict is None else verdict.dev_addr
    return None if dev_addr is None else f"{dev_addr:08X}"


def _dev_eui(frame: Frame | None, verdict: Verdict | None) -> str | None:
    dev_eui = None if verdict is None else verdict.dev_eui
    if dev_eui is None and isinstance(frame, JoinRequest | RejoinRequest):
        dev_eui = frame.dev_eui
    return None if dev_eui is None else f"{dev_eui:016X}"


def asked(downlink: Downlink, judged: JudgedDownlink | None, receipt: TxReceipt, t_ms: int) -> Asked:
    """The line of a request to transmit. `judged` is None where nobody was asked, since there is no radio."""
    verdict = None if judged is None else judged.verdict
    refused_by_policy = verdict is not None and not verdict.forwarded
    frame = parse_phypayload(downlink.packet.payload)
    return Asked(
        t_ms=t_ms,
        server=downlink.backend,
        status=receipt.status,
        outcome=verdict.outcome if verdict is not None and refused_by_policy else None,
        number=None if receipt.emission is None else receipt.emission[0],
        dev_addr=_dev_addr(frame, verdict),
        dev_eui=_dev_eui(frame, verdict),
        depositor=None if verdict is None else verdict.depositor,
        freq_hz=downlink.packet.freq_hz,
        data_rate=data_rate(downlink.packet),
        power_dbm=downlink.packet.power_dbm if receipt.power_used_dbm is None else receipt.power_used_dbm,
        size=len(downlink.packet.payload),
    )


def emitted(report: EmissionReport, t_ms: int) -> Emitted:
    """The line of an emission, or of one that did not come to be."""
    request = report.entry.request
    return Emitted(
        t_ms=t_ms,
        number=report.entry.number,
        server=request.origin,
        failure=report.failure,
        beacon=request.tx_class is TxClass.BEACON,
        freq_hz=request.packet.freq_hz,
        data_rate=data_rate(request.packet),
        airtime_us=request.airtime_us,
    )
