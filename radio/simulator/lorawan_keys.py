"""AES-128 as LoRaWAN 1.0 uses it: the one module that imports a cryptography library.

Formulas: LoRaWAN 1.0.4, sections 4.3.3 (payload), 4.4 (MIC), 6.2.5 (join request), 6.2.6 (join
accept and session keys).
"""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.cmac import CMAC

KEY_BYTES = 16
BLOCK_BYTES = 16
MIC_BYTES = 4
UPLINK, DOWNLINK = 0, 1
_NETWORK_KEY, _APPLICATION_KEY = b"\x01", b"\x02"


class Aes128Key:
    """One key, made ready once: block cipher both ways and CMAC."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes: {KEY_BYTES}")
        cipher = Cipher(AES(key), ECB())  # noqa: S305 - LoRaWAN is made of single AES blocks
        self._encryptor = cipher.encryptor()
        self._decryptor = cipher.decryptor()
        self._cmac = CMAC(AES(key))

    def encrypt(self, blocks: bytes) -> bytes:
        """Whole blocks, each by itself."""
        return self._encryptor.update(blocks)

    def decrypt(self, blocks: bytes) -> bytes:
        """The reverse of `encrypt`."""
        return self._decryptor.update(blocks)

    def mic(self, message: bytes) -> bytes:
        """The first four bytes of the AES-CMAC (RFC 4493)."""
        cmac = self._cmac.copy()
        cmac.update(message)
        return cmac.finalize()[:MIC_BYTES]


class SessionKeys:
    """What a join agrees on: the network's key and the application's."""

    def __init__(self, network: Aes128Key, application: Aes128Key) -> None:
        self._network = network
        self._application = application

    @classmethod
    def derive(cls, app_key: Aes128Key, join_nonce: int, net_id: int, dev_nonce: int) -> "SessionKeys":
        """The keys of a join, by LoRaWAN 1.0's derivation."""
        nonces = join_nonce.to_bytes(3, "little") + net_id.to_bytes(3, "little") + dev_nonce.to_bytes(2, "little")
        padded = nonces.ljust(BLOCK_BYTES - 1, b"\0")
        network, application = (app_key.encrypt(kind + padded) for kind in (_NETWORK_KEY, _APPLICATION_KEY))
        return cls(Aes128Key(network), Aes128Key(application))

    def mic(self, message: bytes, direction: int, dev_addr: int, fcnt: int) -> bytes:
        """The MIC of a data frame; `message` is MHDR to FRMPayload, `fcnt` all 32 bits."""
        return self._network.mic(_block(0x49, direction, dev_addr, fcnt, len(message)) + message)

    def crypt(self, payload: bytes, direction: int, dev_addr: int, fcnt: int, fport: int) -> bytes:
        """Encrypt or decrypt a FRMPayload; port 0 is the network's."""
        key = self._application if fport else self._network
        count = -(-len(payload) // BLOCK_BYTES)
        stream = key.encrypt(b"".join(_block(0x01, direction, dev_addr, fcnt, i) for i in range(1, count + 1)))
        pad = int.from_bytes(stream[: len(payload)], "big")
        return (int.from_bytes(payload, "big") ^ pad).to_bytes(len(payload), "big")


def _block(first: int, direction: int, dev_addr: int, fcnt: int, last: int) -> bytes:
    head = bytes([first, 0, 0, 0, 0, direction])
    return head + dev_addr.to_bytes(4, "little") + fcnt.to_bytes(4, "little") + bytes([0, last])
