"""What an end device says and understands: its frames, keys, counters and what its network told it.

By LoRaWAN 1.0.4, except that MAC commands are passed over and the ADR bits are ignored.
"""

import msgspec

from radio.simulator.lorawan_frames import DataFrame, JoinAccept, JoinRequest, MessageType
from radio.simulator.lorawan_keys import DOWNLINK, Aes128Key, SessionKeys
from radio.simulator.lorawan_session import Refusal, Session, open_join_accept, seal_join_request
from radio.simulator.region import Region


class Identity(msgspec.Struct, frozen=True):
    """What a device is made with; the AppKey has 16 bytes."""

    dev_eui: int
    app_key: bytes
    join_eui: int = 0


class DeviceFrames:
    """Makes uplinks and opens downlinks; `settings` are those of the last join accept."""

    def __init__(self, identity: Identity, region: Region) -> None:
        self._identity = identity
        self._region = region
        self._app_key = Aes128Key(identity.app_key)
        self._dev_nonce = 0
        self._asked = False
        self.session: Session | None = None
        self.settings: JoinAccept | None = None
        self.acknowledgement_owed = False

    def forget(self) -> None:
        """Give up the session, as a device does that is switched off and on; its DevNonce is kept."""
        self.session = self.settings = None
        self.acknowledgement_owed = False

    def join_request(self) -> bytes:
        """The next join request; it makes the device ready for the answer."""
        request = JoinRequest(self._identity.join_eui, self._identity.dev_eui, self._dev_nonce)
        self._dev_nonce = (self._dev_nonce + 1) & 0xFFFF
        self._asked = True
        return seal_join_request(self._app_key, request)

    def data_uplink(self, session: Session, payload: bytes, fport: int | None, *, confirmed: bool) -> bytes:
        """The next uplink; it acknowledges the last confirmed downlink."""
        kind = MessageType.CONFIRMED_UP if confirmed else MessageType.UNCONFIRMED_UP
        frame = DataFrame(kind, session.dev_addr, session.fcnt_up, fport, payload, ack=self.acknowledgement_owed)
        sealed = session.seal(frame, session.fcnt_up)
        session.fcnt_up += 1
        self.acknowledgement_owed = False
        return sealed

    def open(self, phy_payload: bytes) -> JoinAccept | DataFrame | Refusal:
        """Take a downlink in: a join accept begins a session, a data frame moves its counter."""
        if phy_payload[:1] == bytes([MessageType.JOIN_ACCEPT << 5]):
            return self._open_accept(phy_payload)
        session = self.session
        if session is None:
            return Refusal.NOT_MINE
        frame = session.open(phy_payload, DOWNLINK, session.fcnt_down)
        if isinstance(frame, DataFrame):
            session.fcnt_down = frame.fcnt + 1
            self.acknowledgement_owed |= frame.confirmed
        return frame

    def _open_accept(self, phy_payload: bytes) -> JoinAccept | Refusal:
        accept = open_join_accept(self._app_key, phy_payload) if self._asked else None
        if accept is None:
            # Nothing in a join accept says whose it is but its MIC.
            return Refusal.NOT_MINE
        if not self._region.allows(accept.rx1_data_rate_offset, accept.rx2_data_rate):
            return Refusal.BAD_SETTINGS
        used_nonce = (self._dev_nonce - 1) & 0xFFFF
        keys = SessionKeys.derive(self._app_key, accept.join_nonce, accept.net_id, used_nonce)
        self.session, self.settings = Session(accept.dev_addr, keys), accept
        self._asked = False
        return accept
