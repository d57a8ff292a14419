"""Whether a data frame was made by the device that it claims to come from, where the host holds its key."""

import msgspec

from forwarder.phypayload import DataFrame
from gateway.policy.identity.bindings import Binding, Bindings
from gateway.policy.identity.counters import FrameCounters
from gateway.policy.identity.data_rates import data_rate_index
from gateway.policy.identity.mic import Forged, Genuine, tell_sender
from gateway.policy.identity.session_keys import Keyring
from gateway.policy.verdict import Flag
from radio.packets import RxPacket


class Checked(msgspec.Struct, frozen=True, gc=False):
    """The devices that a frame may come from, and what its MIC told."""

    bound: tuple[Binding, ...]
    is_forged: bool = False
    fcnt_32: int | None = None
    flags: tuple[Flag, ...] = ()


class Authenticator:
    """Checks frames with the keys of a file. `region` names the table of data rates."""

    def __init__(self, keyring: Keyring, bindings: Bindings, region: str) -> None:
        self.keyring = keyring
        self._bindings = bindings
        self._region = region

    def check(self, packet: RxPacket, frame: DataFrame, bound: tuple[Binding, ...], counters: FrameCounters) -> Checked:
        """What the MIC tells of a frame whose DevAddr `bound` devices use."""
        keys = self.keyring.at(frame.dev_addr, self._bindings)
        if not keys:
            return Checked(bound)
        held = {device.dev_eui for device in keys}
        lasts = {dev_eui: last for dev_eui in held if (last := counters.verified(dev_eui)) is not None}
        others = any(binding.dev_eui not in held for binding in bound)
        data_rate = data_rate_index(self._region, packet)
        match tell_sender(frame, packet.payload, keys, lasts, data_rate, others=others):
            case Genuine() as genuine:
                known = next((one for one in bound if one.dev_eui == genuine.dev_eui), None)
                sender = known or Binding(genuine.dev_eui, frame.dev_addr)
                return Checked((sender,), fcnt_32=genuine.fcnt_32, flags=(Flag.MIC_VERIFIED,))
            case Forged():
                return Checked(bound, is_forged=True)
            case _:
                return Checked(bound)
