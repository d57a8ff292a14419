"""The bands in which an SX1250 can calibrate its image rejection, and so be used.

SX1261/2 data sheet, section 9.2.1; sx1302_hal 2.1.0 (loragw_sx1250.c).
"""

# Lower and upper limit, both excluded, and the parameters of CalibrateImage.
IMAGE_BANDS_HZ = (
    (430_000_000, 440_000_000, b"\x6b\x6f"),
    (470_000_000, 510_000_000, b"\x75\x81"),
    (779_000_000, 787_000_000, b"\xc1\xc5"),
    (863_000_000, 870_000_000, b"\xd7\xdb"),
    (902_000_000, 928_000_000, b"\xe1\xe9"),
)
ALLOWED_BANDS = (
    "inside one of the bands "
    + ", ".join(f"{low // 1_000_000}-{high // 1_000_000}" for low, high, _ in IMAGE_BANDS_HZ)
    + " MHz"
)


def image_band(freq_hz: int) -> bytes | None:
    """The parameters of the image calibration for a frequency, or None where the SX1250 has none."""
    for lower_hz, upper_hz, parameters in IMAGE_BANDS_HZ:
        if lower_hz < freq_hz < upper_hz:
            return parameters
    return None
