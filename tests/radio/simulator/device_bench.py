"""A device on its own, and a network that shares its keys and its time."""

import pytest

from radio.simulator import Transmission
from radio.simulator.end_device import Behaviour, EndDevice, Heard
from radio.simulator.lorawan_frames import DataFrame, JoinAccept, MessageType
from radio.simulator.lorawan_keys import UPLINK, Aes128Key, SessionKeys
from radio.simulator.lorawan_session import Session, claimed_join_request, seal_join_accept
from tests.radio.simulator.lorawan import APP_KEY, IDENTITY, emission_in

RX1, RX2, CLASS_C = 0, 1, 2
DEV_ADDR = 0x0100_0007
ACCEPT = JoinAccept(1, 0, DEV_ADDR, channels_hz=(867_100_000, 867_300_000))
QUIET = Behaviour(period_s=None)


class Bench:
    """A device, and a network that shares its keys."""

    def __init__(self, behaviour: Behaviour = QUIET, seed: int = 0) -> None:
        self.device = EndDevice(IDENTITY, behaviour, start_s=10.0, seed=seed)
        self.session: Session | None = None

    def sent(self) -> Transmission:
        """The next packet, whenever it is due."""
        for _ in range(5):
            timer_s = self.device.next_timer()
            assert timer_s is not None
            packet = self.device.handle_timer(timer_s)
            if packet is not None:
                return packet
        pytest.fail("the device stays silent")

    def hears(self, window: int, payload: bytes, **changes: object) -> Heard | None:
        return self.device.hear(emission_in(self.device.windows[window], payload, **changes))

    def accept(self, request: Transmission, window: int = RX1, accept: JoinAccept = ACCEPT) -> Heard | None:
        """Answer a join request."""
        asked = claimed_join_request(request.payload)
        assert asked is not None
        key = Aes128Key(APP_KEY)
        self.session = Session(
            accept.dev_addr, SessionKeys.derive(key, accept.join_nonce, accept.net_id, asked.dev_nonce)
        )
        return self.hears(window, seal_join_accept(key, accept))

    def joined(self, accept: JoinAccept = ACCEPT) -> "Bench":
        """The same, once it has joined and come to rest."""
        self.accept(self.sent(), accept=accept)
        self.come_to_rest()
        return self

    def come_to_rest(self) -> None:
        timer_s = self.device.next_timer()
        assert timer_s is not None
        assert self.device.handle_timer(timer_s) is None

    def down(
        self, payload: bytes = b"", *, confirmed: bool = False, ack: bool = False, fcnt: int | None = None
    ) -> bytes:
        """A downlink of the network's, under its next counter."""
        assert self.session is not None
        kind = MessageType.CONFIRMED_DOWN if confirmed else MessageType.UNCONFIRMED_DOWN
        frame = DataFrame(kind, self.session.dev_addr, 0, 1 if payload else None, payload, ack=ack)
        fcnt = self.session.fcnt_down if fcnt is None else fcnt
        self.session.fcnt_down = fcnt + 1
        return self.session.seal(frame, fcnt)

    def opened(self, packet: Transmission) -> DataFrame:
        """An uplink in the clear."""
        assert self.session is not None
        frame = self.session.open(packet.payload, UPLINK, 0)
        assert isinstance(frame, DataFrame)
        return frame
