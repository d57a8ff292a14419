"""Emissions as a gateway makes them for LoRaWAN devices, and the keys of the devices in these tests."""

from typing import Any

import msgspec

from radio.simulator import Emission
from radio.simulator.device_frames import Identity
from radio.simulator.emission import PUBLIC_SYNC_WORD
from radio.simulator.lora_timing import low_rate
from radio.simulator.receive_window import Window

APP_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
IDENTITY = Identity(0x1112131415161718, APP_KEY)


def emission_in(window: Window, payload: bytes = b"", **changes: Any) -> Emission:
    """What a gateway emits so that a window hears it, except for some changes."""
    rate = window.data_rate
    emission = Emission(
        payload=payload,
        start_s=window.opens_s,
        counter_us=0,
        rf_chain=0,
        freq_hz=window.freq_hz,
        power_index=0,
        pa=False,
        preamble=8,
        spreading_factor=rate.spreading_factor,
        bandwidth_hz=rate.bandwidth_hz,
        low_rate=low_rate(rate.spreading_factor, rate.bandwidth_hz),
        inverted=True,
        sync_word=PUBLIC_SYNC_WORD,
    )
    return msgspec.structs.replace(emission, **changes)
