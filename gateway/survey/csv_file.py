"""A survey as a CSV file: a line for all that was heard, one for each device, and one for each of its channels.

Columns are in English whatever the reader speaks: files of several gateways are laid side by side, by `gateway_eui`. In
the first line `device` is empty; `freq_hz` is empty but for channels.
"""

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from gateway.survey.result import ChannelSurvey, DeviceSurvey, Quantiles, SurveyResult
from radio.atomic_file import write_atomically

COLUMNS = (
    "gateway_eui",
    "began_utc",
    "duration_s",
    "device",
    "dev_addr",
    "depositor",
    "freq_hz",
    "packets",
    "damaged",
    "untold",
    "frames",
    "lost",
    "loss_share",
    "restarts",
    *(f"rssi_{name}_dbm" for name in ("p10", "median", "p90")),
    *(f"snr_{name}_db" for name in ("p10", "median", "p90")),
    *(f"margin_{name}_db" for name in ("p10", "median", "p90")),
    "data_rates",
    "first_s",
    "last_s",
)
# Who sends where is the depositors' business, and the host's.
FILE_MODE = 0o600
NO_SIGNAL = Quantiles(0.0, 0.0, 0.0)
Row = dict[str, object]


class SurveyFileError(Exception):
    """A file holds no survey."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is no survey: name a file that `candelabre watch --survey --csv FILE` has written")


def csv_text(result: SurveyResult) -> str:
    """The file's content."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    began = datetime.datetime.fromtimestamp(result.began_unix_s, datetime.UTC).isoformat(timespec="seconds")
    head: Row = {
        "gateway_eui": result.gateway_eui or "",
        "began_utc": began.replace("+00:00", "Z"),
        "duration_s": result.duration_s,
    }
    writer.writerow(head | {"packets": result.packets, "damaged": result.damaged, "untold": result.untold})
    for device in result.devices:
        writer.writerow(head | _of_device(device))
        for channel in device.channels:
            writer.writerow(head | _of_channel(device, channel))
    return text.getvalue()


def write_csv(path: Path, result: SurveyResult) -> None:
    """Write it whole, or not at all. Raises OSError where it cannot be written."""
    write_atomically(path, csv_text(result).encode(), mode=FILE_MODE)


def read_csv(path: Path) -> SurveyResult:
    """What `write_csv` wrote.

    Raises:
        OSError: it cannot be read.
        SurveyFileError: it is no such file.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode())))
        return _result(rows)
    except (UnicodeError, csv.Error, KeyError, ValueError, TypeError, IndexError) as error:
        raise SurveyFileError(path) from error


def _result(rows: Sequence[Mapping[str, str]]) -> SurveyResult:
    head = rows[0]
    if head["device"]:
        raise ValueError(head["device"])
    devices: list[DeviceSurvey] = []
    for row in rows[1:]:
        if row["freq_hz"]:
            channels = (*devices[-1].channels, _read_channel(row))
            devices[-1] = msgspec.structs.replace(devices[-1], channels=channels)
        else:
            devices.append(_read_device(row))
    return SurveyResult(
        gateway_eui=head["gateway_eui"] or None,
        began_unix_s=datetime.datetime.fromisoformat(head["began_utc"]).timestamp(),
        duration_s=float(head["duration_s"]),
        packets=int(head["packets"]),
        damaged=int(head["damaged"]),
        untold=int(head["untold"]),
        devices=tuple(devices),
    )


def _read_device(row: Mapping[str, str]) -> DeviceSurvey:
    rates = (each.rpartition(":") for each in row["data_rates"].split())
    return DeviceSurvey(
        device=row["device"],
        dev_addr=row["dev_addr"] or None,
        depositor=row["depositor"] or None,
        packets=int(row["packets"]),
        frames=int(row["frames"]),
        lost=int(row["lost"]) if row["lost"] else None,
        restarts=int(row["restarts"]),
        rssi_dbm=_read_quantiles(row, "rssi", "dbm") or NO_SIGNAL,
        snr_db=_read_quantiles(row, "snr", "db"),
        margin_db=_read_quantiles(row, "margin", "db"),
        data_rates={name: int(count) for name, _, count in rates},
        channels=(),
        first_s=float(row["first_s"]),
        last_s=float(row["last_s"]),
    )


def _read_channel(row: Mapping[str, str]) -> ChannelSurvey:
    return ChannelSurvey(
        freq_hz=int(row["freq_hz"]),
        packets=int(row["packets"]),
        rssi_dbm=_read_quantiles(row, "rssi", "dbm") or NO_SIGNAL,
        snr_db=_read_quantiles(row, "snr", "db"),
    )


def _read_quantiles(row: Mapping[str, str], name: str, unit: str) -> Quantiles | None:
    values = [row[f"{name}_{each}_{unit}"] for each in ("p10", "median", "p90")]
    return Quantiles(*map(float, values)) if all(values) else None


def _of_device(device: DeviceSurvey) -> Row:
    share = device.loss_share
    return {
        "device": device.device,
        "dev_addr": device.dev_addr or "",
        "depositor": device.depositor or "",
        "packets": device.packets,
        "frames": device.frames,
        "lost": "" if device.lost is None else device.lost,
        "loss_share": "" if share is None else round(share, 4),
        "restarts": device.restarts,
        **_quantiles("rssi", "dbm", device.rssi_dbm),
        **_quantiles("snr", "db", device.snr_db),
        **_quantiles("margin", "db", device.margin_db),
        "data_rates": " ".join(f"{name}:{count}" for name, count in device.data_rates.items()),
        "first_s": device.first_s,
        "last_s": device.last_s,
    }


def _of_channel(device: DeviceSurvey, channel: ChannelSurvey) -> Row:
    return {
        "device": device.device,
        "dev_addr": device.dev_addr or "",
        "depositor": device.depositor or "",
        "freq_hz": channel.freq_hz,
        "packets": channel.packets,
        **_quantiles("rssi", "dbm", channel.rssi_dbm),
        **_quantiles("snr", "db", channel.snr_db),
    }


def _quantiles(name: str, unit: str, quantiles: Quantiles | None) -> Row:
    if quantiles is None:
        return {}
    return {f"{name}_{each}_{unit}": getattr(quantiles, each) for each in ("p10", "median", "p90")}
