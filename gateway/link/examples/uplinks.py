"""An uplink of that morning, as its depositor and its host have it."""

from collections.abc import Mapping

import msgspec

from gateway.link.examples.morning import DEPOSITOR, DEV_ADDR, DEVICE, EUI, NOW
from gateway.link.messages_depositor import AllowanceUse, HostUplinkMessage, UplinkMessage
from gateway.policy.outcome import Level, Limit

USE = AllowanceUse(level=Level.DEVICE, limit=Limit.DAILY_UPLINKS, used=41, allowed=48, share=0.854)

_PACKET = {
    "gateway_eui": EUI,
    "at": NOW,
    "clock_sure": True,
    "number": 214,
    "depositor": DEPOSITOR,
    "group": "arrosage",
    "dev_eui": DEVICE,
    "dev_addr": DEV_ADDR,
    "is_join": False,
    "fcnt": 1207,
    "fport": 2,
    "received": NOW,
    "counter_us": 3_512_408_116,
    "freq_hz": 868_300_000,
    "modulation": "LORA",
    "bandwidth_hz": 125_000,
    "spreading_factor": 9,
    "coding_rate": "4/5",
    "bitrate_bps": None,
    "rssi_dbm": -104.0,
    "snr_db": 4.5,
    "size_bytes": 21,
    "airtime_ms": 185.3,
    "outcome": "admitted",
    "forwarded": True,
    # A frame of nobody's: its payload is as long as its MIC is wrong.
    "phy_payload": "QAcaASaAtwQCAAAAAAAAAAAAAAAA",
}

UPLINKS: Mapping[type[msgspec.Struct], msgspec.Struct] = {
    UplinkMessage: msgspec.convert(
        _PACKET | {"allowance": msgspec.to_builtins(USE), "flags": ["near_limit"]},
        UplinkMessage,
    ),
    HostUplinkMessage: msgspec.convert(_PACKET | {"consent_ends": "2026-12-31T23:00:00.000Z"}, HostUplinkMessage),
}
