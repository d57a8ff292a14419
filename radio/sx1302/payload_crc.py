"""The LoRa payload checksum as the chip reports it. Pure."""

import binascii


def lora_payload_crc(payload: bytes) -> int:
    """CCITT polynomial 0x1021, initial value 0, with the last two bytes added rather than shifted in.

    This is the remainder without the usual two zero bytes behind the message, so the library's CRC over all
    but the last two bytes, and those two on top.
    """
    if len(payload) < 2:
        return payload[0] if payload else 0
    return binascii.crc_hqx(payload[:-2], 0) ^ int.from_bytes(payload[-2:], "big")
