"""[radio] → ConcentratorPlan: the region plan, and what the file puts in its place."""

import difflib
from collections.abc import Sequence

from gateway.channel_plans import REGION_PLANS, RegionPlan, region_names
from gateway.config.reader import Reader
from gateway.config.reference_board import Calibration, reference_calibration
from gateway.config.sections import (
    ChainSection,
    ChannelSection,
    FskSection,
    LoraStdSection,
    RadioSection,
    TxGainSection,
)
from radio.boards import BoardCalibration
from radio.sx1302 import plan as sx1302

Centres = tuple[int | None, ...]
Placed = tuple[int, int]  # chain, intermediate frequency in Hz
PLACE_KEYS = ("enabled", "freq_hz", "if_hz", "chain")


def build_plan(
    radio: RadioSection, reader: Reader, calibration: BoardCalibration | None = None
) -> sx1302.ConcentratorPlan | None:
    """The plan that [radio] asks for. None, and the reader holds why, where there is none to be checked.

    What a chain leaves out is the `calibration` of its board; without one, that of Semtech's reference design.
    """
    region = _region(radio.region_plan, reader)
    if radio.region_plan is not None and region is None:
        return None
    chains = _chains(radio, region, calibration, reader)
    if _centres_unknown(reader) or _nothing_listens(radio, chains, reader):
        return None
    centres: Centres = tuple(chain.freq_hz if chain else None for chain in chains)
    channels = _channels(radio, region, centres, reader)
    lora_std = _lora_std(radio.lora_std, region, centres, reader)
    fsk = _fsk(radio.fsk, region, centres, reader)
    if not any(channels) and lora_std is None and fsk is None and not reader.failed_under("radio"):
        reader.require("radio.channel", "a region_plan, or at least one [[radio.channel]]")
    plan = sx1302.ConcentratorPlan(
        radios=(chains[0], chains[1]),
        channels=channels,
        spreading_factors=frozenset(radio.spreading_factors),
        lora_std=lora_std,
        fsk=fsk,
        public_network=radio.public_network,
        clock_source=radio.clock_source,
        full_duplex=radio.full_duplex,
        fine_timestamp=None if radio.fine_timestamp == "off" else radio.fine_timestamp,
    )
    for plan_path, value, allowed in sx1302.check_plan(plan):
        _refuse(_key_of(plan_path), value, allowed, reader)
    return plan


def _refuse(key: str, value: object, allowed: str, reader: Reader) -> None:
    """Note what the hardware cannot do; once, and not as the value of a key that nobody wrote."""
    if reader.failed_at(key):
        return
    if key == "radio.clock_source" and key not in reader.written:
        reader.require(key, "1: radio chain 0, whose clock drives the chip by default, is not enabled")
    else:
        reader.refuse(key, value, f"must be {allowed}")


def _key_of(plan_path: str) -> str:
    """The configuration's key for a path within the plan."""
    key = plan_path.replace("channels", "channel").replace("radios[", "chain[").replace(".radio", ".chain")
    return f"radio.{key}"


def _region(name: str | None, reader: Reader) -> RegionPlan | None:
    if name is None:
        return None
    region = REGION_PLANS.get(name)
    if region is None:
        nearest = difflib.get_close_matches(name.upper(), REGION_PLANS, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        reader.refuse("radio.region_plan", name, f"must be one of {region_names()}{hint}")
    return region


def _centres_unknown(reader: Reader) -> bool:
    """Whether a mistake leaves open where a radio listens, so that judging its channels would mislead."""
    tables = [f"radio.chain[{number}]" for number in range(sx1302.RADIOS)]
    keys = [f"{table}.{key}" for table in tables for key in ("freq_hz", "enabled")]
    return reader.failed_at("radio.chain", *tables, *keys)


def _nothing_listens(radio: RadioSection, chains: Sequence[sx1302.Radio | None], reader: Reader) -> bool:
    """Whether there is no radio at all, which is one mistake, however many channels count on it."""
    if any(chains):
        return False
    if radio.chain:
        reader.refuse("radio.chain", list(radio.chain), "must have at least one that is enabled")
    elif reader.written & {"radio.channel", "radio.lora_std", "radio.fsk"}:
        reader.require("radio.chain", "at least one [[radio.chain]] with its centre freq_hz, or a region_plan")
    else:
        reader.require("radio.region_plan", "a region plan, or [[radio.chain]] and [[radio.channel]] in its place")
    return True


def _chains(
    radio: RadioSection, region: RegionPlan | None, calibration: BoardCalibration | None, reader: Reader
) -> list[sx1302.Radio | None]:
    if len(radio.chain) > sx1302.RADIOS:
        reader.refuse("radio.chain", list(radio.chain), f"must be {sx1302.RADIOS} at most: the chip has no more")
    written: list[ChainSection | None] = [*radio.chain[: sx1302.RADIOS]]
    if region is not None:
        written += [ChainSection()] * (sx1302.RADIOS - len(written))
    chains = [_chain(number, chain, region, calibration, reader) for number, chain in enumerate(written)]
    return chains + [None] * (sx1302.RADIOS - len(chains))


def _chain(
    number: int,
    chain: ChainSection | None,
    region: RegionPlan | None,
    calibration: BoardCalibration | None,
    reader: Reader,
) -> sx1302.Radio | None:
    if chain is None or not chain.enabled:
        return None
    freq_hz = chain.freq_hz or (region.centres_hz[number] if region else None)
    if freq_hz is None:
        key = f"radio.chain[{number}].freq_hz"
        if not reader.failed_at(key):
            reader.require(key, "the radio's centre frequency, or a region_plan")
        return None
    board: Calibration | BoardCalibration = calibration or reference_calibration(freq_hz)
    own_input = f"radio.chain[{number}].single_input" in reader.written or calibration is None
    drift, gains = chain.rssi_temperature, chain.tx_gain_table
    tx_low_hz, tx_high_hz = region.tx_hz if region else (0, 0)
    by_default = region is not None and number == 0
    return sx1302.Radio(
        freq_hz=freq_hz,
        rssi_offset_db=board.rssi_offset_db if chain.rssi_offset_db is None else chain.rssi_offset_db,
        rssi_temperature=(
            board.rssi_temperature
            if drift is None
            else sx1302.TemperatureCompensation(drift.a, drift.b, drift.c, drift.d, drift.e)
        ),
        single_input=chain.single_input if own_input or calibration is None else calibration.single_input,
        tx_enabled=by_default if chain.tx_enabled is None else chain.tx_enabled,
        tx_freq_min_hz=chain.tx_freq_min_hz or tx_low_hz,
        tx_freq_max_hz=chain.tx_freq_max_hz or tx_high_hz,
        tx_gain_table=board.tx_gain_table if gains is None else _gain_table(gains),
    )


def _gain_table(lines: Sequence[TxGainSection | None]) -> tuple[sx1302.TxGain, ...]:
    return tuple(sx1302.TxGain(line.rf_power_dbm, line.pa_gain, line.pwr_idx) for line in lines if line)


def _channels(
    radio: RadioSection, region: RegionPlan | None, centres: Centres, reader: Reader
) -> tuple[sx1302.Channel | None, ...]:
    written = radio.channel
    if written is None:
        written = tuple(ChannelSection(freq_hz=freq_hz) for freq_hz in region.channels_hz) if region else ()
    if len(written) > sx1302.MULTI_SF_CHANNELS:
        limit = f"must be {sx1302.MULTI_SF_CHANNELS} at most: the chip has no more"
        reader.refuse("radio.channel", list(written), limit)
    channels = [
        _channel(f"radio.channel[{number}]", channel, centres, reader)
        for number, channel in enumerate(written[: sx1302.MULTI_SF_CHANNELS])
    ]
    _refuse_repeated(channels, centres, reader)
    return (*channels, *[None] * (sx1302.MULTI_SF_CHANNELS - len(channels)))


def _channel(path: str, channel: ChannelSection | None, centres: Centres, reader: Reader) -> sx1302.Channel | None:
    placed = _place(path, channel, centres, reader)
    return sx1302.Channel(*placed) if placed else None


def _refuse_repeated(channels: Sequence[sx1302.Channel | None], centres: Centres, reader: Reader) -> None:
    seen: dict[int, int] = {}
    for number, channel in enumerate(channels):
        if channel is None:
            continue
        freq_hz = (centres[channel.radio] or 0) + channel.if_hz
        first = seen.setdefault(freq_hz, number)
        if first != number:
            allowed = f"must differ: radio.channel[{first}] listens there already"
            reader.refuse(f"radio.channel[{number}]", freq_hz, allowed)


def _lora_std(
    written: LoraStdSection | None, region: RegionPlan | None, centres: Centres, reader: Reader
) -> sx1302.LoraStdChannel | None:
    if written is None and region is not None and region.lora_std is not None:
        wide = region.lora_std
        written = LoraStdSection(
            freq_hz=wide.freq_hz,
            chain=wide.chain,
            bandwidth_hz=wide.bandwidth_hz,
            spreading_factor=wide.spreading_factor,
        )
    placed = _place("radio.lora_std", written, centres, reader)
    if written is None or placed is None:
        return None
    return sx1302.LoraStdChannel(
        *placed,
        bandwidth_hz=written.bandwidth_hz,
        spreading_factor=written.spreading_factor,
        implicit_header=written.implicit_header,
        implicit_payload_length=written.implicit_payload_length,
        implicit_crc=written.implicit_crc,
        implicit_coding_rate=written.implicit_coding_rate,
    )


def _fsk(
    written: FskSection | None, region: RegionPlan | None, centres: Centres, reader: Reader
) -> sx1302.FskChannel | None:
    if written is None and region is not None and region.fsk_hz is not None:
        written = FskSection(freq_hz=region.fsk_hz)
    placed = _place("radio.fsk", written, centres, reader)
    if written is None or placed is None:
        return None
    return sx1302.FskChannel(
        *placed,
        bandwidth_hz=written.bandwidth_hz,
        bitrate_bps=written.bitrate_bps,
        sync_word=int(written.sync_word, 16),
        sync_word_bytes=len(written.sync_word) // 2,
    )


def _place(
    path: str,
    written: ChannelSection | LoraStdSection | FskSection | None,
    centres: Centres,
    reader: Reader,
) -> Placed | None:
    """The chain and intermediate frequency of a channel, given by either of its two ways."""
    if written is None or not written.enabled or reader.failed_at(*(f"{path}.{key}" for key in PLACE_KEYS)):
        return None
    if (written.freq_hz is None) == (written.if_hz is None):
        reader.require(path, "either freq_hz, or if_hz and chain")
        return None
    chain = written.chain
    if chain is None and written.freq_hz is not None:
        chain = _nearest(written.freq_hz, centres)
    if chain is None:
        reader.require(f"{path}.chain", "0 or 1: if_hz counts from the centre of a radio chain that is enabled")
        return None
    centre_hz = centres[chain]
    if centre_hz is None:
        reader.refuse(f"{path}.chain", chain, "must be a radio chain that is enabled")
        return None
    return chain, written.if_hz if written.if_hz is not None else (written.freq_hz or 0) - centre_hz


def _nearest(freq_hz: int, centres: Centres) -> int | None:
    distances = [(abs(freq_hz - centre), chain) for chain, centre in enumerate(centres) if centre]
    return min(distances)[1] if distances else None
