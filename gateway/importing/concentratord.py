"""ChirpStack Concentratord: its file, and those of channels and region. Pure."""

from collections.abc import Mapping

from gateway.importing.concentratord_models import MODELS, OTHER_CHIPS, UNKNOWN_MODEL, Model
from gateway.importing.draft import Draft, Setting, Table
from gateway.importing.listening import Channel, Listening, place, transmit_range_hz
from gateway.importing.merging import Files
from gateway.importing.semtech_radio import NO_SX1261
from gateway.importing.source_table import SourceTable, printable
from gateway.importing.toml_source import parse_duration_s

LEVELS = {"trace": "debug", "debug": "debug", "info": "info", "warn": "warning", "error": "error", "off": "error"}
MODES = {"ALL_SF": "all_sf", "HIGH_CAPACITY": "high_capacity"}
CODING_RATES = {"4/5": 1, "4/6": 2, "4/7": 3, "4/8": 4}
FIRST_GPIO_CHIP = "/dev/gpiochip0"
DEFAULT_ANTENNA_GAIN_DBI = 2
KNOWN_FLAGS = ("GNSS", "ENFORCE_DC", "USB", "AP1")
BEACON_DETAILS = ("compulsory_rfu_size", "frequencies", "bandwidth", "spreading_factor")


def read_concentratord(values: Mapping[str, object], files: Files, draft: Draft) -> None:
    """Fill the draft. `values` are of all its files, one over the other."""
    root = SourceTable(values, files, (), draft)
    process = root.table("concentratord")
    if process is not None:
        _read_process(process, draft)
    gateway = root.table("gateway")
    if gateway is not None:
        _read_gateway(gateway, draft)
        gateway.finish()
    root.finish()


def _read_process(process: SourceTable, draft: Draft) -> None:
    level = process.text("log_level")
    if level is not None:
        draft.put("log", "level", LEVELS.get(level.lower(), level), process.origin("log_level"))
    interval = process.text("stats_interval")
    if interval is not None:
        seconds = parse_duration_s(interval)
        draft.put("gateway", "stats_interval_s", seconds or interval, process.origin("stats_interval"))
    process.leave_out("disable_crc_filter", "each server says which packets it wants", unless=(False,))
    process.leave_out("log_to_syslog", "the log goes to standard error, which systemd keeps", unless=(False,))
    process.leave_out("api", "other programs do not connect to the gateway: it speaks to the servers itself")
    process.finish()


def _read_gateway(gateway: SourceTable, draft: Draft) -> None:
    draft.put("gateway", "eui", gateway.text("gateway_id"), gateway.origin("gateway_id"))
    draft.put("radio", "public_network", gateway.flag("lorawan_public"), gateway.origin("lorawan_public"))
    _read_antenna(gateway, draft)
    region = gateway.text("region")
    if region is not None:
        draft.put("regulation", "region", region, gateway.origin("region"))
    flags = gateway.texts("model_flags")
    model = _read_model(gateway, flags, draft)
    _read_wiring(gateway, model, draft)
    _read_precise(gateway, draft)
    _read_position(gateway, draft)
    _read_beacon(gateway, has_gps_time=_read_gnss(gateway, model, flags, draft), draft=draft)
    _read_listening(gateway, draft)
    _read_transmitter(gateway, model, region, draft)
    for key in ("sx1261_reset_chip", "sx1261_reset_pin", "sx1261_dev_path"):
        gateway.leave_out(key, NO_SX1261)
    lbt = gateway.table("lbt")
    if lbt is not None and lbt.flag("enable"):
        gateway.note("lbt", NO_SX1261)
    gateway.leave_out(
        "time_fallback_enabled", "uplinks carry a time only where it is sure: see [gnss]", unless=(False,)
    )


def _read_antenna(gateway: SourceTable, draft: Draft) -> None:
    gain_dbi = gateway.number("antenna_gain")
    if gain_dbi is not None or "model" not in gateway:
        draft.put("radio", "antenna_gain_dbi", gain_dbi, gateway.origin("antenna_gain"))
    else:
        origin = f"{gateway.origin('antenna_gain')}: not written, so Concentratord's default"
        draft.put("radio", "antenna_gain_dbi", DEFAULT_ANTENNA_GAIN_DBI, origin)


def _read_model(gateway: SourceTable, flags: tuple[str, ...], draft: Draft) -> Model:
    name = gateway.text("model")
    if name is None:
        draft.note(
            f"{gateway.origin('model')}: names no board: set radio.reset_pin, and power_pin where the board has one"
        )
        return UNKNOWN_MODEL
    origin = gateway.origin("model")
    if name in OTHER_CHIPS:
        # No key of gateway.toml has this value: the check refuses it, and says what there is.
        draft.put("radio", "model", OTHER_CHIPS[name].lower(), origin)
    known = MODELS.get(name)
    if known is None and name not in OTHER_CHIPS:
        gateway.note(
            "model", f"{printable(name[:60])} is not known: set radio.reset_pin, and power_pin where it has one"
        )
    model = known or UNKNOWN_MODEL
    for flag in flags:
        if flag not in (*KNOWN_FLAGS, model.flag):
            gateway.note("model_flags", f"nothing corresponds to {printable(flag[:60])}")
    elsewhere = model.flagged_bus if model.flag in flags else None
    bus = gateway.text("com_dev_path") or elsewhere or model.bus
    draft.put("radio", "bus", f"USB:{bus}" if "USB" in flags else bus, origin)
    if known is not None:
        draft.note(
            f"{origin}: Concentratord knows this board's calibration by heart; here it is that of Semtech's reference "
            "board: put its maker's tx_gain_table and rssi_offset_db into [[radio.chain]] before the gateway transmits"
        )
        if known.reset_pin is None and known.bus != "USB":
            draft.note(f"{origin}: Concentratord resets this board by a program: see to it that it is reset")
    return model


def _read_wiring(gateway: SourceTable, model: Model, draft: Draft) -> None:
    for key, name, known in (
        ("reset_pin", "sx1302_reset", model.reset_pin),
        ("power_pin", "sx1302_power_en", model.power_pin),
    ):
        written, chip = gateway.integer(f"{name}_pin"), gateway.text(f"{name}_chip")
        if chip not in (None, FIRST_GPIO_CHIP):
            gateway.note(f"{name}_chip", f"only {FIRST_GPIO_CHIP} is supported; radio.{key} is a line of that one")
            continue
        if written is not None:
            draft.put("radio", key, written, gateway.origin(f"{name}_pin"))
        else:
            draft.put("radio", key, known, gateway.origin("model"))
    path = gateway.text("i2c_dev_path")
    draft.put("radio", "temperature_sensor", path, gateway.origin("i2c_dev_path"))


def _read_precise(gateway: SourceTable, draft: Draft) -> None:
    precise = gateway.table("fine_timestamp")
    if precise is None:
        return
    mode = precise.text("mode") or "ALL_SF"
    if precise.flag("enable"):
        draft.put("radio", "fine_timestamp", MODES.get(mode, mode), precise.origin("mode"))
    precise.finish()


def _read_position(gateway: SourceTable, draft: Draft) -> None:
    """The position, unless it is 0, 0, 0, which is none."""
    location = gateway.table("location")
    if location is None:
        return
    found = {f"{key}_deg": location.number(key) for key in ("latitude", "longitude")}
    found["altitude_m"] = location.number("altitude")
    if any(found.values()):
        for key, value in found.items():
            draft.put("gateway", key, value or 0, location.origin(key.rpartition("_")[0]))
    location.finish()


def _read_gnss(gateway: SourceTable, model: Model, flags: tuple[str, ...], draft: Draft) -> bool:
    """Whether there is a receiver that is used here too, and tells GPS time, as beacons need it."""
    written = gateway.text("gnss_dev_path")
    port = written or model.gnss_port
    if "GNSS" not in flags:
        if written is not None:
            gateway.note("gnss_dev_path", 'model_flags has no "GNSS", so it is not used there')
        return False
    if port is None:
        gateway.note("model_flags", "GNSS, but no receiver's port is known: set gnss.port")
        return False
    if port.startswith("gpsd:"):
        gateway.note("gnss_dev_path", "gpsd is not supported: set gnss.port to the receiver's serial port")
        return False
    draft.put("gnss", "port", port, gateway.origin("gnss_dev_path" if written else "model"))
    if not model.ublox:
        draft.put("gnss", "ublox", False, gateway.origin("model"))
    return model.ublox


def _read_beacon(gateway: SourceTable, *, has_gps_time: bool, draft: Draft) -> None:
    beacon = gateway.table("beacon")
    if beacon is None:
        return
    power_dbm, frequencies = beacon.integer("tx_power"), beacon.integers("frequencies")
    beacon.pass_over(*BEACON_DETAILS)
    if frequencies and has_gps_time:
        draft.put("beacon", "enabled", True, beacon.origin())
        draft.put("beacon", "power_dbm", power_dbm, beacon.origin("tx_power"))
    elif frequencies:
        draft.note(f"{beacon.origin()}: not carried over: without a u-blox GNSS receiver no beacon is sent")
    beacon.finish()


def _read_transmitter(gateway: SourceTable, model: Model, region: str | None, draft: Draft) -> None:
    """The first radio transmits; the second, where there is one, only listens."""
    if "model" not in gateway and not draft.chains:
        return
    origin = gateway.origin("model")
    first = draft.chain(0)
    first["tx_enabled"] = Setting(True, origin)
    if model.single_input:
        first["single_input"] = Setting(True, origin)
    range_hz = None if region is None else transmit_range_hz(region)
    if range_hz is not None and "region_plan" not in draft.tables.get("radio", {}):
        first["tx_freq_min_hz"] = Setting(range_hz[0], gateway.origin("region"))
        first["tx_freq_max_hz"] = Setting(range_hz[1], gateway.origin("region"))


def _read_listening(gateway: SourceTable, draft: Draft) -> None:
    concentrator = gateway.table("concentrator")
    if concentrator is None:
        return
    frequencies = concentrator.integers("multi_sf_channels") or ()
    origin = concentrator.origin("multi_sf_channels")
    channels = tuple(Channel(freq_hz, origin) for freq_hz in frequencies if freq_hz)
    lora_std, fsk = _lora_std(concentrator), _fsk(concentrator)
    concentrator.finish()
    if channels or lora_std or fsk:
        place(Listening(concentrator.origin(), channels, (), lora_std, fsk), draft)


def _lora_std(concentrator: SourceTable) -> Table | None:
    channel = concentrator.table("lora_std")
    if channel is None:
        return None
    found: dict[str, tuple[object, str]] = {
        "freq_hz": (channel.integer("frequency"), "frequency"),
        "bandwidth_hz": (channel.integer("bandwidth"), "bandwidth"),
        "spreading_factor": (channel.integer("spreading_factor"), "spreading_factor"),
    }
    rate = channel.text("implicit_coderate")
    implicit: dict[str, tuple[object, str]] = {
        "implicit_header": (channel.flag("implicit_header"), "implicit_header"),
        "implicit_payload_length": (channel.integer("implicit_payload_length"), "implicit_payload_length"),
        "implicit_crc": (channel.flag("implicit_crc_enable"), "implicit_crc_enable"),
        "implicit_coding_rate": (CODING_RATES.get(rate or ""), "implicit_coderate"),
    }
    channel.finish()
    return _settings(found | implicit if implicit["implicit_header"][0] else found, channel)


def _fsk(concentrator: SourceTable) -> Table | None:
    channel = concentrator.table("fsk")
    if channel is None:
        return None
    found: dict[str, tuple[object, str]] = {
        "freq_hz": (channel.integer("frequency"), "frequency"),
        "bandwidth_hz": (channel.integer("bandwidth"), "bandwidth"),
        "bitrate_bps": (channel.integer("datarate"), "datarate"),
    }
    channel.finish()
    return _settings(found, channel)


def _settings(found: dict[str, tuple[object, str]], source: SourceTable) -> Table | None:
    """A channel's table; None for frequency 0, which is off."""
    if not found["freq_hz"][0]:
        return None
    return {key: Setting(value, source.origin(name)) for key, (value, name) in found.items() if value is not None}
