"""The law as tables: where a gateway may transmit, how strongly, how long at a time and how much in an hour.

EU868 is ETSI EN 300 220-2; the others are LoRaWAN Regional Parameters RP002, or the national rule behind it where that
is stricter. `docs/regulation.md` is the same with comments, and says what is not enforced.
"""

import msgspec

# ERP is relative to a half-wave dipole, EIRP to an isotropic antenna (ITU Radio Regulations, 1.161 and 1.162).
EIRP_OVER_ERP_DB = 2.15

ETSI = "ETSI EN 300 220-2 V3.2.1 (2018-06), annex B, table B.1, band"

# DownlinkDwellTime = 1 of TxParamSetupReq (LoRaWAN TS001-1.0.4).
DOWNLINK_DWELL_US = 400_000


class SubBand(msgspec.Struct, frozen=True, kw_only=True):
    """A range of frequencies under one set of limits; None is no limit.

    The occupied bandwidth lies between `low_hz` and `high_hz`, and is `min_bandwidth_hz` at least. `max_power_dbm` is
    that at the antenna connector. `duty_cycle_permille` is the share of any hour.
    """

    name: str
    low_hz: int
    high_hz: int
    max_eirp_dbm: float
    source: str
    max_power_dbm: float | None = None
    duty_cycle_permille: int | None = None
    max_airtime_us: int | None = None
    min_bandwidth_hz: int = 0


class Regulation(msgspec.Struct, frozen=True):
    """What holds in a region, and what the law there also asks that is not enforced.

    `optional_dwell_us` is the limit of one emission in those countries of the region that have one.
    """

    region: str
    sub_bands: tuple[SubBand, ...]
    not_enforced: tuple[str, ...] = ()
    optional_dwell_us: int | None = None


def _eu868(letter: str, low_hz: int, high_hz: int, erp_dbm: int, duty_cycle_permille: int) -> SubBand:
    return SubBand(
        name=f"EU868 {letter}",
        low_hz=low_hz,
        high_hz=high_hz,
        max_eirp_dbm=erp_dbm + EIRP_OVER_ERP_DB,
        duty_cycle_permille=duty_cycle_permille,
        source=f"{ETSI} {letter}",
    )


_REGULATIONS = (
    Regulation(
        "EU868",
        (
            # 25 mW ERP is 14 dBm, 500 mW is 27 dBm. Band O is band P with less; band Q asks for 5 mW.
            _eu868("K", 863_000_000, 865_000_000, 14, 1),
            _eu868("L", 865_000_000, 868_000_000, 14, 10),
            _eu868("M", 868_000_000, 868_600_000, 14, 10),
            _eu868("N", 868_700_000, 869_200_000, 14, 1),
            _eu868("P", 869_400_000, 869_650_000, 27, 100),
            _eu868("R", 869_700_000, 870_000_000, 14, 10),
        ),
        ("polite spectrum access (listen before talk with adaptive frequency agility), the alternative to duty cycle",),
    ),
    Regulation(
        "IN865",
        (
            SubBand(
                name="IN865",
                low_hz=865_000_000,
                high_hz=867_000_000,
                # 30 dBm until RP002-1.0.4.
                max_eirp_dbm=29.2,
                source="RP002-1.0.5, 3.12.2 and 3.12.3",
            ),
        ),
        ("the carrier bandwidth of 200 kHz at most",),
    ),
    Regulation(
        "KR920",
        (
            SubBand(
                name="KR920",
                # 13 channels of 200 kHz, centres 920.9 to 923.3 MHz; 23 dBm is the gateway's column.
                low_hz=920_800_000,
                high_hz=923_400_000,
                max_eirp_dbm=23,
                source="RP002-1.0.4, 3.11.2",
            ),
        ),
        ("listen before talk, which the law requires",),
    ),
    Regulation(
        "AS923",
        (
            SubBand(
                name="AS923",
                # AS923-1 is defined for 915 to 928 MHz; its countries open this part of it, or less.
                low_hz=920_000_000,
                high_hz=925_000_000,
                max_eirp_dbm=16,
                source="RP002-1.0.4, 3.10.2 and 3.10.3, within the plans AS920-923 and AS923-925 of 2.1",
            ),
        ),
        (
            "listen before talk, which the law of Japan requires (ARIB STD-T108)",
            "Japan's 13 dBm at the antenna connector",
            "the narrower bands of single countries",
        ),
        DOWNLINK_DWELL_US,
    ),
    Regulation(
        "US915",
        (
            SubBand(
                name="US915",
                # Eight channels of 500 kHz, centres 923.3 to 927.5 MHz.
                low_hz=923_000_000,
                high_hz=928_000_000,
                # 8 dBm in any 3 kHz keeps a LoRa signal of 500 kHz to 26 dBm, for antennas up to 6 dBi.
                max_power_dbm=26,
                max_eirp_dbm=32,
                min_bandwidth_hz=500_000,
                source="RP002-1.0.4, 3.5.2 and 3.5.3; 47 CFR 15.247 (a)(2), (b)(4), (e)",
            ),
        ),
    ),
    Regulation(
        "AU915",
        (
            SubBand(
                name="AU915",
                # Eight channels of 500 kHz, centres 923.3 to 927.5 MHz.
                low_hz=923_000_000,
                high_hz=928_000_000,
                max_eirp_dbm=30,
                min_bandwidth_hz=500_000,
                source="RP002-1.0.4, 3.8.2 and 3.8.3",
            ),
        ),
        ("the narrower bands of single countries",),
        DOWNLINK_DWELL_US,
    ),
    Regulation(
        "CN470",
        (
            SubBand(
                name="CN470",
                low_hz=470_000_000,
                high_hz=510_000_000,
                # 50 mW ERP.
                max_eirp_dbm=17 + EIRP_OVER_ERP_DB,
                max_airtime_us=1_000_000,
                source="RP002-1.0.4, 3.9.2 and 3.9.3; MIIT announcement 52 of 2019",
            ),
        ),
        ("the bandwidth of 200 kHz at most, and the places where the band is closed",),
    ),
)
REGULATIONS: dict[str, Regulation] = {regulation.region: regulation for regulation in _REGULATIONS}
# The plan of 490 MHz boards lies under the law of CN470.
SAME_LAW = {"CN490": "CN470"}
