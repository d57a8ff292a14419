"""A `SX130x_conf`, as Semtech's packet forwarder reads it, to a plan."""

import json
from pathlib import Path
from typing import Any

from radio.sx1302.plan import (
    SPREADING_FACTORS,
    Channel,
    ConcentratorPlan,
    FskChannel,
    LoraStdChannel,
    Radio,
    TemperatureCompensation,
    TxGain,
)


def _radio(section: dict[str, Any]) -> Radio | None:
    if not section.get("enable"):
        return None
    curve = section.get("rssi_tcomp", {})
    return Radio(
        freq_hz=section["freq"],
        rssi_offset_db=section.get("rssi_offset", 0.0),
        rssi_temperature=TemperatureCompensation(*(curve.get(f"coeff_{name}", 0.0) for name in "abcde")),
        single_input=section.get("single_input_mode", False),
        tx_enabled=section.get("tx_enable", False),
        tx_freq_min_hz=section.get("tx_freq_min", 0),
        tx_freq_max_hz=section.get("tx_freq_max", 0),
        tx_gain_table=tuple(
            TxGain(line["rf_power"], line["pa_gain"], line["pwr_idx"]) for line in section.get("tx_gain_lut", [])
        ),
    )


def _lora_std(section: dict[str, Any]) -> LoraStdChannel | None:
    if not section.get("enable"):
        return None
    implicit = section.get("implicit_hdr", False)
    return LoraStdChannel(
        radio=section["radio"],
        if_hz=section["if"],
        bandwidth_hz=section.get("bandwidth") or 250_000,
        spreading_factor=section.get("spread_factor") or 7,
        implicit_header=implicit,
        implicit_payload_length=section.get("implicit_payload_length", 0) if implicit else 0,
        implicit_crc=section.get("implicit_crc_en", False) if implicit else False,
        implicit_coding_rate=section.get("implicit_coderate", 0) if implicit else 0,
    )


def _fsk(section: dict[str, Any]) -> FskChannel | None:
    if not section.get("enable"):
        return None
    bitrate_bps = section.get("datarate") or 64_000
    asked_hz = section.get("bandwidth") or 0
    if not asked_hz and section.get("freq_deviation"):
        asked_hz = 2 * section["freq_deviation"] + bitrate_bps
    fitting = [width_hz for width_hz in (125_000, 250_000, 500_000) if 0 < asked_hz <= width_hz]
    return FskChannel(
        radio=section["radio"],
        if_hz=section["if"],
        bandwidth_hz=fitting[0] if fitting else 250_000,
        bitrate_bps=bitrate_bps,
    )


def plan_from_semtech(conf: dict[str, Any]) -> ConcentratorPlan:
    """The plan that a `SX130x_conf` describes."""
    channels = (conf.get(f"chan_multiSF_{index}", {}) for index in range(8))
    factors = conf.get("chan_multiSF_All", {}).get("spreading_factor_enable", SPREADING_FACTORS)
    if len(factors) > len(SPREADING_FACTORS) or not set(SPREADING_FACTORS).issuperset(factors):
        factors = SPREADING_FACTORS
    fine = conf.get("fine_timestamp", {})
    return ConcentratorPlan(
        radios=(_radio(conf.get("radio_0", {})), _radio(conf.get("radio_1", {}))),
        channels=tuple(
            Channel(channel["radio"], channel["if"]) if channel.get("enable") else None for channel in channels
        ),
        spreading_factors=frozenset(factors),
        lora_std=_lora_std(conf.get("chan_Lora_std", {})),
        fsk=_fsk(conf.get("chan_FSK", {})),
        public_network=conf.get("lorawan_public") is True,
        clock_source=conf.get("clksrc", 0),
        full_duplex=conf.get("full_duplex", False),
        fine_timestamp=fine.get("mode", "all_sf") if fine.get("enable") else None,
    )


def load_plans(directory: Path) -> dict[str, ConcentratorPlan]:
    """The plan of every `start_NAME.conf.json`, and what vectors derive from it, by name.

    `NAME_FTIME` and `NAME_FTIME_HC` are NAME with fine timestamps on, in the two modes.
    """
    plans: dict[str, ConcentratorPlan] = {}
    for path in sorted(directory.glob("start_*.conf.json")):
        name = path.name.removeprefix("start_").removesuffix(".conf.json")
        conf = json.loads(path.read_text(encoding="utf-8"))["SX130x_conf"]
        plans[name] = plan_from_semtech(conf)
        for suffix, mode in (("FTIME", "all_sf"), ("FTIME_HC", "high_capacity")):
            derived = {**conf, "fine_timestamp": {"enable": True, "mode": mode}}
            plans.setdefault(f"{name}_{suffix}", plan_from_semtech(derived))
    return plans
