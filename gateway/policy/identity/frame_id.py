"""What tells a frame from another one. Pure."""

import hashlib

FRAME_ID_BYTES = 4
MIC_BYTES = 4
# LoRaWAN L2 1.1, section 4.4: these bytes of the MIC are signed with data rate and channel, so that they differ where
# the same frame is sent again on another one.
TIED_TO_CHANNEL = slice(-MIC_BYTES, -MIC_BYTES // 2)


def frame_id(phy_payload: bytes) -> int:
    """What tells a frame from another one; a frame that is sent once more has the same, on whatever channel."""
    signed, rest_of_mic = phy_payload[: TIED_TO_CHANNEL.start], phy_payload[TIED_TO_CHANNEL.stop :]
    digest = hashlib.blake2b(signed, digest_size=FRAME_ID_BYTES, key=rest_of_mic)
    return int.from_bytes(digest.digest(), "big")
