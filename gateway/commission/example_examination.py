"""What doctor and a survey found at the example's site. Pure."""

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import Examination, found, passed, skipped
from gateway.survey.result import DeviceSurvey, Quantiles, SurveyResult

MINUTE_S, DAY_S = 60, 86_400


def example_examination(at_unix_s: int) -> Examination:
    """A gateway in order, but for a supply that gave way once."""
    results = (
        passed(Check.CONFIGURATION, path="/etc/candelabre/gateway.toml"),
        passed(Check.PYTHON, version="3.11.2"),
        passed(Check.PACKAGES, count=9),
        passed(Check.SPI, device="/dev/spidev0.0"),
        passed(Check.PERMISSIONS, user="candelabre", count=7),
        skipped(Check.RESET_LINE, Reason.SERVICE_SAYS_NOTHING),
        passed(Check.CHIP, model="SX1302", eui="AA555A0000000101"),
        passed(Check.RADIOS),
        passed(Check.FIRMWARE, loaded=True),
        passed(Check.TEMPERATURE, temperature_c=31.4),
        passed(Check.RECEPTION, packets=214),
        skipped(Check.GNSS, Reason.NOT_CONFIGURED),
        skipped(Check.PPS, Reason.NOT_CONFIGURED),
        passed(Check.CLOCK, now_unix_s=at_unix_s),
        passed(Check.DISK, free_mb=23_412, free_percent=81),
        passed(Check.FLASH, worn_percent=10),
        passed(Check.MEMORY, available_mb=612),
        found(Check.POWER, Fault.UNDERVOLTAGE_BEFORE),
        passed(Check.NAMES, count=2),
        passed(Check.SERVER, "chirpstack-ville", host="lns.hauterive.example", rtt_ms=38),
        passed(Check.SERVER, "lns-metropole", host="lns.val-haut.example", rtt_ms=51),
        passed(Check.CERTIFICATES, ends_unix_s=at_unix_s + 420 * DAY_S),
        passed(Check.BROKER, host="broker.hauterive.example"),
        passed(Check.POLICY, serial=12, ends_unix_s=at_unix_s + 647 * DAY_S, depositors=2),
        passed(Check.SERVICE, uptime_h=2.6),
    )
    return Examination(
        results=results,
        at_unix_s=at_unix_s - 16 * MINUTE_S,
        duration_s=21.8,
        service_runs=True,
        gateway_name="hauterive-tilleuls",
        gateway_eui="AA555A0000000101",
    )


def example_survey(at_unix_s: int) -> SurveyResult:
    """Fifteen minutes, in which one of the two test devices was heard too weakly, as it happens in a basement."""
    good = DeviceSurvey(
        device="00005EEF10000001",
        dev_addr="0100AC01",
        depositor="metropole",
        packets=45,
        frames=45,
        lost=0,
        restarts=0,
        rssi_dbm=Quantiles(-97.5, -93.0, -90.0),
        snr_db=Quantiles(5.2, 8.0, 9.8),
        margin_db=Quantiles(12.7, 15.5, 17.3),
        data_rates={"SF7BW125": 45},
        channels=(),
        first_s=11.2,
        last_s=889.4,
    )
    weak = DeviceSurvey(
        device="0100AC07",
        dev_addr="0100AC07",
        depositor="metropole",
        packets=42,
        frames=41,
        lost=3,
        restarts=0,
        rssi_dbm=Quantiles(-121.0, -117.0, -115.5),
        snr_db=Quantiles(-15.6, -12.8, -10.1),
        margin_db=Quantiles(4.4, 7.2, 9.9),
        data_rates={"SF12BW125": 42},
        channels=(),
        first_s=4.0,
        last_s=894.1,
    )
    others = tuple(_other(weak, number) for number in range(23))
    return SurveyResult(
        gateway_eui="AA555A0000000101",
        began_unix_s=at_unix_s - 15.5 * MINUTE_S,
        duration_s=15.0 * MINUTE_S,
        packets=231,
        damaged=17,
        untold=0,
        devices=(weak, good, *others),
    )


def _other(like: DeviceSurvey, number: int) -> DeviceSurvey:
    return DeviceSurvey(
        device=f"{0x0100AC20 + number:08X}",
        dev_addr=f"{0x0100AC20 + number:08X}",
        depositor="metropole",
        packets=6,
        frames=6,
        lost=0,
        restarts=0,
        rssi_dbm=like.rssi_dbm,
        snr_db=like.snr_db,
        margin_db=like.margin_db,
        data_rates={},
        channels=(),
        first_s=1.0,
        last_s=800.0,
    )
