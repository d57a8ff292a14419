"""Configuration files of other programs, as small as they can be."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path

from gateway.config import Config, parse_config
from gateway.importing.importing import Imported, import_configuration

EUI = "0016C001FF10A235"
CENTRES_HZ = (867_500_000, 868_500_000)
OFFSETS = ((1, -400_000), (1, -200_000), (1, 0), (0, -400_000), (0, -200_000), (0, 0), (0, 200_000), (0, 400_000))
DRIFT = {"coeff_a": 0, "coeff_b": 0, "coeff_c": 20.41, "coeff_d": 2162.56, "coeff_e": 0}

RADIO = {
    "com_type": "SPI",
    "com_path": "/dev/spidev1.0",
    "lorawan_public": False,
    "clksrc": 1,
    "antenna_gain": 3,
    "radio_0": {
        "enable": True,
        "type": "SX1250",
        "freq": CENTRES_HZ[0],
        "rssi_offset": -210.5,
        "rssi_tcomp": DRIFT,
        "tx_enable": True,
        "tx_freq_min": 863_000_000,
        "tx_freq_max": 870_000_000,
        "tx_gain_lut": [{"rf_power": 12, "pa_gain": 1, "pwr_idx": 4}, {"rf_power": 14, "pa_gain": 1, "pwr_idx": 6}],
    },
    "radio_1": {"enable": True, "type": "SX1250", "freq": CENTRES_HZ[1], "rssi_offset": -211.0, "tx_enable": False},
    **{
        f"chan_multiSF_{number}": {"enable": True, "radio": radio, "if": offset_hz}
        for number, (radio, offset_hz) in enumerate(OFFSETS)
    },
    "chan_Lora_std": {"enable": True, "radio": 1, "if": -200_000, "bandwidth": 250_000, "spread_factor": 7},
    "chan_FSK": {"enable": True, "radio": 1, "if": 300_000, "bandwidth": 125_000, "datarate": 50_000},
}
GATEWAY = {
    "gateway_ID": EUI,
    "server_address": "lns.hauterive.example",
    "serv_port_up": 1701,
    "serv_port_down": 1702,
    "keepalive_interval": 12,
    "stat_interval": 45,
    "push_timeout_ms": 150,
    "forward_crc_valid": True,
    "forward_crc_error": True,
    "forward_crc_disabled": False,
}
CONCENTRATORD = f"""
[concentratord]
  log_level = "WARN"
  stats_interval = "1min"
[gateway]
  antenna_gain = 4
  lorawan_public = true
  region = "EU868"
  model = "seeed_wm1302"
  model_flags = ["GNSS"]
  gateway_id = "{EUI}"
"""
CHANNELS = """
[gateway.concentrator]
  multi_sf_channels = [
    868100000, 868300000, 868500000, 867100000, 867300000, 867500000, 867700000, 867900000,
  ]
  [gateway.concentrator.lora_std]
    frequency = 868300000
    bandwidth = 250000
    spreading_factor = 7
  [gateway.concentrator.fsk]
    frequency = 868800000
    bandwidth = 125000
    datarate = 50000
"""
BEACON = """
[gateway.beacon]
  compulsory_rfu_size = 2
  frequencies = [869525000]
  bandwidth = 125000
  spreading_factor = 9
  tx_power = 16
"""
MQTT = """
[mqtt]
  topic_prefix = "eu868"
  server = "ssl://chirpstack.hauterive.example:8884"
"""


def semtech(
    radio: Mapping[str, object] | None = None, gateway: Mapping[str, object] | None = None
) -> dict[str, object]:
    """A global_conf.json; what is given replaces single keys, None takes them away."""
    return {"SX130x_conf": changed(RADIO, radio), "gateway_conf": changed(GATEWAY, gateway)}


def changed(values: Mapping[str, object], changes: Mapping[str, object] | None) -> dict[str, object]:
    """A copy with other values; a key that becomes None is gone, a table's keys are changed one by one."""
    result = copy.deepcopy(dict(values))
    for key, value in (changes or {}).items():
        there = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(there, dict) and isinstance(value, dict):
            result[key] = changed(there, value)
        else:
            result[key] = value
    return result


def write(directory: Path, name: str, content: object) -> Path:
    """A file of JSON, or of text as it is."""
    path = directory / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
    return path


def clean(*sources: Path, region_plan: str | None = None, region: str | None = None) -> tuple[Config, Imported]:
    """What is read from gateway.toml after the import, which finds no mistake."""
    imported = import_configuration(sources, None, region_plan, region)
    assert imported.problems == []
    return parse_config(imported.text.encode()), imported


def told(imported: Imported, key: str) -> str:
    """The one note that names a key."""
    [note] = [note for note in imported.notes if key in note]
    return note
