"""Whether a data uplink is the device's own: its MIC, by AES-CMAC. One of the modules that import cryptography.

**LoRaWAN 1.0.x** (L2 1.0.4, section 4.4): MIC = cmac(NwkSKey, B0 | msg)[0..3].

**LoRaWAN 1.1** (section 4.4): MIC = cmacS[0..1] | cmacF[0..1], where cmacF = cmac(FNwkSIntKey, B0 | msg) and
cmacS = cmac(SNwkSIntKey, B1 | msg). B1 is B0 with the data rate, the index of the channel, and ConfFCnt, which is the
counter of the downlink that the frame acknowledges and 0 where it acknowledges none. A gateway does not know
the index by which the device knows its channel, so that each is tried; and it does not know ConfFCnt, so that of
an acknowledging frame only the half of FNwkSIntKey is checked. That half has 16 bits: with four counters possible, one
forged frame in 16,384 passes.
"""

from collections.abc import Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from forwarder.phypayload import MIC_BYTES, DataFrame
from gateway.policy.identity.frame_counter import candidates, unlikely_candidates
from gateway.policy.identity.session_keys import DeviceKeys

HALF_BYTES = 2
LONGEST_PHY_PAYLOAD_BYTES = 255
# RP002-1.0.4, EU868: a device knows 16 channels.
CHANNELS = 16
UPLINK = 0


class Genuine(msgspec.Struct, frozen=True, gc=False):
    """The device made it; `fcnt_32` is its counter. It may still be a replay: see `frame_counter.course`."""

    dev_eui: int
    fcnt_32: int


class Forged(msgspec.Struct, frozen=True, gc=False):
    """No device made it whose key is held, with any counter that is possible."""


class Unverifiable(msgspec.Struct, frozen=True, gc=False):
    """The keys held do not tell."""


Authenticity = Genuine | Forged | Unverifiable


def verify(
    frame: DataFrame, phy_payload: bytes, keys: DeviceKeys, last_fcnt: int | None, data_rate: int | None
) -> Authenticity:
    """Check one frame with one device's keys.

    `last_fcnt` is the device's last counter in 32 bits; `data_rate` is the regional index, None where it is not known.
    """
    if not frame.is_uplink or len(phy_payload) > LONGEST_PHY_PAYLOAD_BYTES:
        return Unverifiable()
    message = phy_payload[:-MIC_BYTES]
    forwarding = CMAC(AES(keys.forwarding.reveal()))
    possible = candidates(frame.fcnt, last_fcnt)
    if not keys.is_1_1:
        # Each more lets one forged frame in four thousand million pass; with half a MIC it would be one in 65,536.
        possible += unlikely_candidates(frame.fcnt, last_fcnt)
    for fcnt_32 in possible:
        cmac = _cmac(forwarding, _block(frame.dev_addr, fcnt_32, len(message)), message)
        if not keys.is_1_1:
            if cmac[:MIC_BYTES] == frame.mic:
                return Genuine(keys.dev_eui, fcnt_32)
        elif cmac[:HALF_BYTES] == frame.mic[HALF_BYTES:] and _serving_half_fits(
            frame, message, keys, fcnt_32, data_rate
        ):
            return Genuine(keys.dev_eui, fcnt_32)
    return Forged()


def tell_sender(
    frame: DataFrame,
    phy_payload: bytes,
    devices: Sequence[DeviceKeys],
    last_fcnts: Mapping[int, int],
    data_rate: int | None,
    *,
    others: bool = False,
) -> Authenticity:
    """Which of the devices under one DevAddr made a frame.

    `last_fcnts` are their counters by DevEUI. `others` says that devices whose keys are not held share the DevAddr:
    then a frame of none of these may be theirs, and is unverifiable instead of forged. So is a frame that fits two.
    """
    found = [verify(frame, phy_payload, keys, last_fcnts.get(keys.dev_eui), data_rate) for keys in devices]
    genuine = [result for result in found if isinstance(result, Genuine)]
    if len(genuine) == 1:
        return genuine[0]
    all_forged = bool(found) and all(isinstance(result, Forged) for result in found)
    return Forged() if all_forged and not others else Unverifiable()


def _serving_half_fits(frame: DataFrame, message: bytes, keys: DeviceKeys, fcnt_32: int, data_rate: int | None) -> bool:
    """Whether the half of SNwkSIntKey is right for some channel, or cannot be checked."""
    if keys.serving is None or frame.is_acknowledging or data_rate is None:
        return True
    serving = CMAC(AES(keys.serving.reveal()))
    expected = frame.mic[:HALF_BYTES]
    return any(
        _cmac(serving, _block(frame.dev_addr, fcnt_32, len(message), data_rate, channel), message)[:HALF_BYTES]
        == expected
        for channel in range(CHANNELS)
    )


def _cmac(key: CMAC, block: bytes, message: bytes) -> bytes:
    cmac = key.copy()
    cmac.update(block + message)
    return cmac.finalize()


def _block(dev_addr: int, fcnt_32: int, length: int, data_rate: int = 0, channel: int = 0) -> bytes:
    """B0, or B1 of a frame that acknowledges nothing."""
    head = bytes((0x49, 0, 0, data_rate, channel, UPLINK))
    return head + dev_addr.to_bytes(4, "little") + fcnt_32.to_bytes(4, "little") + bytes((0, length))
