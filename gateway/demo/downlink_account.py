"""The story of every downlink: asked for, answered by the gateway, emitted, heard. Pure."""

from collections.abc import Callable

import msgspec

from forwarder.semtech_udp.server import TxAck
from gateway.demo.summary import DownlinkTotals
from radio.simulator import Emission
from radio.simulator.end_device import Heard
from radio.simulator.network_server import DeviceDownlink
from radio.simulator.population import Hearers


class Story(msgspec.Struct):
    """One downlink: `ack` is the gateway's answer, `emission` what the chip did, `heard` what its device took in."""

    downlink: DeviceDownlink
    ack: TxAck | None = None
    emission: Emission | None = None
    heard: Heard | None = None

    @property
    def refusal(self) -> str | None:
        """The gateway's reason, None if it gave none."""
        return None if self.ack is None else self.ack.error

    @property
    def settled(self) -> bool:
        """Whether nothing more will become of it; an emission is heard at its start, or not at all."""
        return self.emission is not None or self.refusal is not None

    @property
    def outcome(self) -> str:
        """What became of it so far, in a few words."""
        if self.heard is not None:
            return f"heard in {self.heard.kind.value}"
        if self.emission is not None:
            return "not heard"
        if self.ack is None:
            return "asked for"
        return "accepted" if self.ack.error is None else f"refused, {self.ack.error}"


class DownlinkAccount:
    """Told of each downlink's steps, it knows which is which: by the token at first, then by the frame.

    `on_change` is told of a story at its beginning and once it is settled; `totals` counts them all.
    """

    def __init__(self, on_change: Callable[[Story], None] | None = None) -> None:
        self.totals = DownlinkTotals()
        self._on_change = on_change or _nobody_cares
        self._by_token: dict[int, Story] = {}
        self._by_frame: dict[bytes, Story] = {}

    def asked(self, token: int, downlink: DeviceDownlink) -> None:
        """The network server has asked for one."""
        story = Story(downlink)
        self.totals.asked[downlink.kind.value] += 1
        self._by_token[token] = self._by_frame[downlink.phy_payload] = story
        self._on_change(story)

    def answered(self, ack: TxAck) -> None:
        """The gateway has accepted it, or refused."""
        story = self._by_token.pop(ack.token, None)
        if story is None:
            return
        story.ack = ack
        if ack.error is None:
            self.totals.accepted += 1
            return
        self.totals.refused[ack.error] += 1
        del self._by_frame[story.downlink.phy_payload]
        self._on_change(story)

    def emitted(self, emission: Emission, hearers: Hearers) -> None:
        """It is on the air. Of those that heard it only its device counts."""
        story = self._by_frame.pop(emission.payload, None)
        if story is None:
            return
        story.emission = emission
        self.totals.emitted += 1
        for device, heard in hearers:
            if device.identity.dev_eui == story.downlink.dev_eui:
                story.heard = heard
                self.totals.heard[heard.kind] += 1
        self._on_change(story)


def _nobody_cares(_story: Story) -> None:
    """Where only the figures matter."""
