"""SX130x_conf, which Semtech's packet forwarder and Basics Station share → [radio]. Pure."""

from gateway.importing.draft import Draft, Setting, Table
from gateway.importing.listening import Channel, Listening
from gateway.importing.source_table import SourceTable

RADIOS = (0, 1)
SUPPORTED_RADIO = "SX1250"
MULTI_SF_CHANNELS = 8
RSSI_COEFFICIENTS = "abcde"
SX1257_ONLY = ("dig_gain", "dac_gain", "mix_gain")
NO_SX1261 = "it needs the SX1261 radio, which is not supported yet"


def read_board(conf: SourceTable, draft: Draft) -> None:
    """What is the same for both radios."""
    for key, name in (("public_network", "lorawan_public"), ("full_duplex", "full_duplex")):
        draft.put("radio", key, conf.flag(name), conf.origin(name))
    draft.put("radio", "clock_source", conf.integer("clksrc"), conf.origin("clksrc"))
    draft.put("radio", "antenna_gain_dbi", conf.number("antenna_gain"), conf.origin("antenna_gain"))
    precise = conf.table("fine_timestamp")
    if precise is not None:
        mode = precise.text("mode") or "all_sf"
        if precise.flag("enable"):
            draft.put("radio", "fine_timestamp", mode, precise.origin("mode"))
        precise.finish()
    _leave_out_sx1261(conf)


def read_bus(conf: SourceTable, draft: Draft) -> None:
    """How the packet forwarder reaches the concentrator; what is not SPI is left to the check."""
    kind, path = conf.text("com_type"), conf.text("com_path")
    if kind is not None and kind.upper() != "SPI":
        draft.put("radio", "bus", f"{kind}:{path}", conf.origin("com_type"))
    elif path is not None:
        draft.put("radio", "bus", path, conf.origin("com_path"))


def read_radio(number: int, radio: SourceTable, draft: Draft) -> None:
    """One radio's calibration, and whether and where it transmits. Its frequency is for who knows the channels."""
    chain = draft.chain(number)
    for key, value, name in (
        ("type", radio.text("type"), "type"),
        ("rssi_offset_db", radio.number("rssi_offset"), "rssi_offset"),
        ("rssi_temperature", _temperature(radio), "rssi_tcomp"),
        ("single_input", radio.flag("single_input_mode"), "single_input_mode"),
    ):
        if value is not None:
            chain[key] = Setting(value, radio.origin(name))
    gain_dbi = radio.number("antenna_gain")
    if number == 0:
        draft.put("radio", "antenna_gain_dbi", gain_dbi, radio.origin("antenna_gain"))
    radio.leave_out("antenna_type", "gateway.toml has one antenna")
    # What is not enabled is off, in both programs.
    transmits = radio.flag("tx_enable") or False
    chain["tx_enabled"] = Setting(transmits, radio.origin("tx_enable"))
    lowest_hz, highest_hz, gains = radio.integer("tx_freq_min"), radio.integer("tx_freq_max"), _gains(radio)
    if radio.values.get("type") != SUPPORTED_RADIO and gains is not None:
        # The check refuses the radio itself; what it says of each line's keys would be noise.
        radio.note("tx_gain_lut", f"it is not for {SUPPORTED_RADIO} radios")
        gains = None
    if transmits:
        for key, found, name in (
            ("tx_freq_min_hz", lowest_hz, "tx_freq_min"),
            ("tx_freq_max_hz", highest_hz, "tx_freq_max"),
            ("tx_gain_table", gains, "tx_gain_lut"),
        ):
            if found is not None:
                chain[key] = Setting(found, radio.origin(name))


def read_listening(conf: SourceTable, draft: Draft) -> Listening | None:
    """The channels, and both radios' settings. None where there is no channel at all."""
    centres = tuple(_centre(number, conf, draft) for number in RADIOS)
    channels = []
    for number in range(MULTI_SF_CHANNELS):
        table = conf.table(f"chan_multiSF_{number}")
        placed = _placed(table, centres)
        if placed is not None and table is not None:
            channels.append(Channel(placed[0], table.origin(), placed[1]))
    lora_std, fsk = _lora_std(conf, centres), _fsk(conf, centres)
    factors = conf.table("chan_multiSF_All")
    if factors is not None:
        listened = factors.integers("spreading_factor_enable")
        draft.put("radio", "spreading_factors", listened, factors.origin("spreading_factor_enable"))
        factors.finish()
    if not channels and lora_std is None and fsk is None:
        return None
    return Listening(conf.origin(), tuple(channels), centres, lora_std, fsk)


def _centre(number: int, conf: SourceTable, draft: Draft) -> Setting | None:
    name = f"radio_{number}"
    radio = conf.table(name)
    freq_hz = None
    if radio is None or not radio.flag("enable"):
        draft.chain(number)["enabled"] = Setting(False, conf.origin(name))
        return None
    read_radio(number, radio, draft)
    freq_hz = radio.integer("freq")
    radio.finish()
    return None if freq_hz is None else Setting(freq_hz, radio.origin("freq"))


def _placed(channel: SourceTable | None, centres: tuple[Setting | None, ...]) -> tuple[int, int] | None:
    """Frequency in Hz and radio; None where the channel is off. The caller may take more of it, so it is open."""
    if channel is None or not channel.flag("enable"):
        return None
    number, offset_hz = channel.integer("radio") or 0, channel.integer("if") or 0
    centre = centres[number] if number in RADIOS else None
    if centre is None or not isinstance(centre.value, int):
        channel.note("radio", f"radio_{number}, of which it is, is not enabled")
        return None
    return centre.value + offset_hz, number


def _lora_std(conf: SourceTable, centres: tuple[Setting | None, ...]) -> Table | None:
    channel = conf.table("chan_Lora_std")
    placed = _placed(channel, centres)
    if channel is None or placed is None:
        return None
    values: dict[str, tuple[object, str]] = {
        "freq_hz": (placed[0], "if"),
        "chain": (placed[1], "radio"),
        "bandwidth_hz": (channel.integer("bandwidth"), "bandwidth"),
        "spreading_factor": (channel.integer("spread_factor"), "spread_factor"),
    }
    implicit = {
        "implicit_header": (channel.flag("implicit_hdr"), "implicit_hdr"),
        "implicit_payload_length": (channel.integer("implicit_payload_length"), "implicit_payload_length"),
        "implicit_crc": (channel.flag("implicit_crc_en"), "implicit_crc_en"),
        "implicit_coding_rate": (channel.integer("implicit_coderate"), "implicit_coderate"),
    }
    channel.finish()
    return _settings(values | implicit if implicit["implicit_header"][0] else values, channel)


def _fsk(conf: SourceTable, centres: tuple[Setting | None, ...]) -> Table | None:
    channel = conf.table("chan_FSK")
    placed = _placed(channel, centres)
    if channel is None or placed is None:
        return None
    bitrate_bps = channel.integer("datarate")
    # The packet forwarder's own rule where there is no bandwidth: twice the deviation and the bit rate, rounded up.
    bandwidth_hz, deviation_hz = channel.integer("bandwidth"), channel.integer("freq_deviation")
    if not bandwidth_hz and deviation_hz:
        needed_hz = 2 * deviation_hz + (bitrate_bps or 0)
        bandwidth_hz = next((width for width in (125_000, 250_000, 500_000) if width >= needed_hz), needed_hz)
    values: dict[str, tuple[object, str]] = {
        "freq_hz": (placed[0], "if"),
        "chain": (placed[1], "radio"),
        "bandwidth_hz": (bandwidth_hz or None, "bandwidth"),
        "bitrate_bps": (bitrate_bps, "datarate"),
    }
    channel.finish()
    return _settings(values, channel)


def _settings(values: dict[str, tuple[object, str]], source: SourceTable) -> Table:
    return {key: Setting(value, source.origin(name)) for key, (value, name) in values.items() if value is not None}


def _temperature(radio: SourceTable) -> dict[str, object] | None:
    drift = radio.table("rssi_tcomp")
    if drift is None:
        return None
    found = {letter: drift.number(f"coeff_{letter}") for letter in RSSI_COEFFICIENTS}
    drift.finish()
    return {letter: value for letter, value in found.items() if value is not None}


def _gains(radio: SourceTable) -> tuple[dict[str, object], ...] | None:
    lines: list[dict[str, object]] = []
    for line in radio.tables("tx_gain_lut"):
        found = (
            ("rf_power_dbm", line.integer("rf_power")),
            ("pa_gain", line.integer("pa_gain")),
            ("pwr_idx", line.integer("pwr_idx")),
        )
        line.pass_over(*SX1257_ONLY)
        line.finish()
        lines.append({key: value for key, value in found if value is not None})
    return tuple(lines) or None


def _leave_out_sx1261(conf: SourceTable) -> None:
    sx1261 = conf.table("sx1261_conf")
    if sx1261 is None:
        return
    for name in ("lbt", "spectral_scan"):
        part = sx1261.table(name)
        if part is not None and part.flag("enable"):
            sx1261.note(name, NO_SX1261)
    sx1261.pass_over("spi_path", "rssi_offset")
    sx1261.finish()
