"""What ChirpStack Concentratord knows of a board by its model's name: facts of these boards' wiring.

Source: chirpstack-concentratord 4.7, configuration of its SX1302 models.
"""

import msgspec


class Model(msgspec.Struct, frozen=True):
    """A board with SX1302 or SX1303.

    `reset_pin` and `power_pin` are GPIO lines of gpiochip0. `ublox` is whether its GNSS receiver is from u-blox, `flag`
    a word in model_flags with which the board stands in another slot, on the bus `flagged_bus`.
    """

    reset_pin: int | None = None
    power_pin: int | None = None
    gnss_port: str | None = "/dev/ttyAMA0"
    ublox: bool = True
    bus: str = "/dev/spidev0.0"
    single_input: bool = True
    flag: str | None = None
    flagged_bus: str | None = None


UNKNOWN_MODEL = Model(gnss_port=None, single_input=False)
"""What holds for a board of which nothing is known."""

_CORE_CELL = Model(23, 18)
_MULTITECH_CARD = Model(gnss_port="gpsd://localhost:2947", flag="AP2", flagged_bus="/dev/spidev1.0")
_MULTITECH_POINT = Model(gnss_port=None, bus="/dev/spidev1.0")
_ON_USB = Model(bus="USB")

MODELS = {
    "dragino_pg1302": Model(23, ublox=False),
    "elecrow_lr1302": Model(17, 18, ublox=False),
    "embit_emb_lr1302_mpcie": Model(4, 17, gnss_port=None),
    "miromico_gwc_02_lw_868": _ON_USB,
    "miromico_gwc_02_lw_915": _ON_USB,
    "multitech_mtac_003e00": _MULTITECH_CARD,
    "multitech_mtac_003u00": _MULTITECH_CARD,
    "multitech_mtcap3_003e00": _MULTITECH_POINT,
    "multitech_mtcap3_003u00": _MULTITECH_POINT,
    "rak_2287": Model(17),
    "rak_5146": Model(17, single_input=False),
    "seeed_wm1302": Model(17, 18, ublox=False),
    "semtech_sx1302c490gw1": _CORE_CELL,
    "semtech_sx1302c868gw1": _CORE_CELL,
    "semtech_sx1302c915gw1": _CORE_CELL,
    "semtech_sx1302css868gw1": _ON_USB,
    "semtech_sx1302css915gw1": _ON_USB,
    "semtech_sx1302css923gw1": _ON_USB,
    "waveshare_sx1302_lorawan_gateway_hat": Model(23, 18, ublox=False),
}

OTHER_CHIPS = {
    "imst_ic880a": "SX1301",
    "kerlink_ifemtocell": "SX1301",
    "multitech_mtac_lora_2g4": "SX1280",
    "multitech_mtac_lora_h_868": "SX1301",
    "multitech_mtac_lora_h_915": "SX1301",
    "multitech_mtcap_lora_868": "SX1301",
    "multitech_mtcap_lora_915": "SX1301",
    "pi_supply_lora_gateway_hat": "SX1301",
    "rak_2245": "SX1301",
    "rak_2246": "SX1308",
    "rak_2247": "SX1301",
    "rak_5148": "SX1280",
    "risinghf_rhf0m301": "SX1301",
    "sandbox_lorago_port": "SX1301",
    "semtech_sx1280z3dsfgw1": "SX1280",
    "wifx_lorix_one": "SX1301",
}
"""Models of Concentratord's other variants, whose chips are not supported."""
