"""The survey as it grows, packet by packet. Pure: a survey and a packet make the next survey."""

from collections.abc import Collection, Iterable

import msgspec

from gateway.console.lines import Heard
from gateway.survey.counter import Counter
from gateway.survey.result import ChannelSurvey, DeviceSurvey, Quantiles, SurveyResult
from gateway.survey.spread import Spread

SNR_FLOOR_DB = {5: -2.5, 6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
"""The SNR that each spreading factor needs: SX1276 data sheet, rev. 7, table 13; SX1261/2's for SF5.

Network servers set data rates by the same figures. The -141 dBm that Semtech advertises for the SX1302 at SF12 and
125 kHz come to 4 dB less: a margin by these is on the safe side.
"""
# Of a city's devices, far more than a survey is read for; forged addresses must not fill the memory.
MOST_DEVICES = 2_000
DATA_KINDS = frozenset({"unconfirmed_up", "confirmed_up"})


class Signal(msgspec.Struct, frozen=True):
    """What was heard on one frequency, or on all."""

    packets: int = 0
    rssi: Spread = Spread()
    snr: Spread = Spread()

    def taken(self, heard: Heard) -> "Signal":
        """With one more packet."""
        snr = self.snr if heard.snr_db is None else self.snr.taken(heard.snr_db)
        return Signal(self.packets + 1, self.rssi.taken(heard.rssi_dbm), snr)


class Device(msgspec.Struct, frozen=True):
    """One device's part. `joins` are frames without a counter."""

    dev_addr: str | None
    depositor: str | None
    first_s: float
    last_s: float
    counter: Counter = Counter()
    joins: int = 0
    signal: Signal = Signal()
    margin: Spread = Spread()
    data_rates: dict[str, int] = {}
    channels: dict[int, Signal] = {}


class Survey(msgspec.Struct, frozen=True):
    """All of it so far. `wanted` are DevEUIs and DevAddrs in upper case; empty for all devices."""

    wanted: frozenset[str] = frozenset()
    packets: int = 0
    damaged: int = 0
    untold: int = 0
    devices: dict[str, Device] = {}


def survey_of(devices: Collection[str] = ()) -> Survey:
    """One that begins."""
    return Survey(frozenset(device.upper() for device in devices))


def taken(survey: Survey, heard: Heard, at_s: float) -> Survey:
    """After one packet more, so long after the survey began."""
    survey = msgspec.structs.replace(survey, packets=survey.packets + 1)
    if heard.crc != "ok":
        return msgspec.structs.replace(survey, damaged=survey.damaged + 1)
    name = heard.dev_eui or heard.dev_addr
    if name is None or not _is_wanted(survey, heard):
        return survey
    device = survey.devices.get(name)
    if device is None:
        if len(survey.devices) >= MOST_DEVICES:
            return msgspec.structs.replace(survey, untold=survey.untold + 1)
        device = Device(heard.dev_addr, heard.depositor, at_s, at_s)
    return msgspec.structs.replace(survey, devices={**survey.devices, name: _heard_again(device, heard, at_s)})


def paused(survey: Survey, untold: int = 0) -> Survey:
    """After a time, or so many packets, of which nothing is known: no gap across it counts as a loss."""
    devices = {
        name: msgspec.structs.replace(device, counter=device.counter.paused())
        for name, device in survey.devices.items()
    }
    return msgspec.structs.replace(survey, untold=survey.untold + untold, devices=devices)


def result_of(survey: Survey, *, gateway_eui: str | None, began_unix_s: float, duration_s: float) -> SurveyResult:
    """What it comes to."""
    return SurveyResult(
        gateway_eui=gateway_eui,
        began_unix_s=began_unix_s,
        duration_s=round(duration_s, 1),
        packets=survey.packets,
        damaged=survey.damaged,
        untold=survey.untold,
        devices=tuple(sorted(_results(survey.devices.items()), key=_weakness)),
    )


def _is_wanted(survey: Survey, heard: Heard) -> bool:
    return not survey.wanted or heard.dev_eui in survey.wanted or heard.dev_addr in survey.wanted


def _heard_again(device: Device, heard: Heard, at_s: float) -> Device:
    counter, joins = _counted(device, heard, at_s)
    floor_db = SNR_FLOOR_DB.get(heard.spreading_factor)
    has_margin = heard.snr_db is not None and floor_db is not None
    return Device(
        dev_addr=heard.dev_addr or device.dev_addr,
        depositor=heard.depositor or device.depositor,
        first_s=device.first_s,
        last_s=at_s,
        counter=counter,
        joins=joins,
        signal=device.signal.taken(heard),
        margin=device.margin.taken((heard.snr_db or 0.0) - (floor_db or 0.0)) if has_margin else device.margin,
        data_rates={**device.data_rates, heard.data_rate: device.data_rates.get(heard.data_rate, 0) + 1},
        channels={**device.channels, heard.freq_hz: device.channels.get(heard.freq_hz, Signal()).taken(heard)},
    )


def _counted(device: Device, heard: Heard, at_s: float) -> tuple[Counter, int]:
    """The counter, and how many frames there were without one."""
    counter = device.counter
    if heard.kind not in DATA_KINDS or heard.fcnt is None or heard.frame is None:
        return counter, device.joins + 1
    if device.dev_addr is not None and heard.dev_addr != device.dev_addr:
        counter = counter.begun_anew()
    return counter.heard(heard.fcnt, heard.frame, at_s), device.joins


def _results(devices: Iterable[tuple[str, Device]]) -> Iterable[DeviceSurvey]:
    for name, device in devices:
        rssi_dbm = device.signal.rssi.quantiles()
        if rssi_dbm is None:
            continue
        counter = device.counter
        yield DeviceSurvey(
            device=name,
            dev_addr=device.dev_addr,
            depositor=device.depositor,
            packets=device.signal.packets,
            frames=counter.frames + device.joins,
            lost=counter.lost if counter.is_telling else None,
            restarts=counter.restarts,
            rssi_dbm=rssi_dbm,
            snr_db=device.signal.snr.quantiles(),
            margin_db=device.margin.quantiles(),
            data_rates=dict(sorted(device.data_rates.items())),
            channels=tuple(_channel(freq_hz, signal) for freq_hz, signal in sorted(device.channels.items())),
            first_s=round(device.first_s, 1),
            last_s=round(device.last_s, 1),
        )


def _channel(freq_hz: int, signal: Signal) -> ChannelSurvey:
    return ChannelSurvey(
        freq_hz=freq_hz,
        packets=signal.packets,
        rssi_dbm=signal.rssi.quantiles() or Quantiles(0.0, 0.0, 0.0),
        snr_db=signal.snr.quantiles(),
    )


def _weakness(device: DeviceSurvey) -> tuple[float, str]:
    """What has no margin is weakest for nobody."""
    return (float("inf") if device.margin_db is None else device.margin_db.median), device.device
