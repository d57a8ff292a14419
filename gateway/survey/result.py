"""What a survey of reception came to: plain values, for the commissioning sheet, the CSV and the screen."""

import msgspec


class Quantiles(msgspec.Struct, frozen=True):
    """Nine tenths of the values are at least `p10`, half at least `median`, one tenth at least `p90`."""

    p10: float
    median: float
    p90: float


class ChannelSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """One device on one frequency."""

    freq_hz: int
    packets: int
    rssi_dbm: Quantiles
    snr_db: Quantiles | None


class DeviceSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """One device, as this gateway heard it. `device` is its DevEUI, else its DevAddr, in upper-case hexadecimal.

    `packets` were heard with a good checksum, repetitions included; `frames` are different ones. `lost` are the frame
    counters that are missing between those heard, None where no two data frames of one count tell; `restarts` how often
    the counter began anew. `margin_db` is the SNR above what its spreading factor needs; None, like `snr_db`, for FSK.
    `first_s` and `last_s` are when it was heard first and last, from the survey's beginning.
    """

    device: str
    dev_addr: str | None
    depositor: str | None
    packets: int
    frames: int
    lost: int | None
    restarts: int
    rssi_dbm: Quantiles
    snr_db: Quantiles | None
    margin_db: Quantiles | None
    data_rates: dict[str, int]
    channels: tuple[ChannelSurvey, ...]
    first_s: float
    last_s: float

    @property
    def loss_share(self) -> float | None:
        """Lost of all that were sent between the first and the last heard."""
        return None if self.lost is None else self.lost / (self.lost + self.frames)


class SurveyResult(msgspec.Struct, frozen=True, kw_only=True):
    """All of it: what one gateway heard in `duration_s` from `began_unix_s`, by the host's clock.

    `packets` are all that were heard, `damaged` those of them with a bad checksum or none, which are nobody's; `untold`
    packets never reached the survey. `devices` are in order of their median margin, the weakest first.
    """

    gateway_eui: str | None
    began_unix_s: float
    duration_s: float
    packets: int
    damaged: int
    untold: int
    devices: tuple[DeviceSurvey, ...]
