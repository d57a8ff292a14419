"""What the pipeline asks of the host's policy, and a gateway that has none."""

from collections.abc import Sequence
from typing import Protocol

from forwarder.backend import Downlink, TxReceipt
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import JudgedDownlink, Verdict
from radio.packets import RxPacket
from radio.tx_dispatcher import EmissionReport

_OPEN = Verdict(Outcome.NO_POLICY, forwarded=True)


class HostPolicy(Protocol):
    """Decides on each packet, both ways."""

    def judge_uplinks(self, packets: Sequence[RxPacket]) -> Sequence[Verdict]:
        """One verdict for each packet of a batch, in order; what is admitted is charged."""

    def judge_downlink(self, downlink: Downlink) -> JudgedDownlink:
        """The verdict on a request to transmit; what is admitted is charged until `answered` says otherwise."""

    def answered(self, judged: JudgedDownlink, receipt: TxReceipt) -> None:
        """What became of a request that was to be forwarded."""

    def emission_ended(self, report: EmissionReport) -> None:
        """An accepted packet is on the air no more, or never was."""

    def summary(self) -> dict[str, object]:
        """What a statistics line says of it."""

    def reload(self) -> None:
        """Look at its files again."""


class NoHostPolicy:
    """Everything passes, and nobody is charged."""

    def judge_uplinks(self, packets: Sequence[RxPacket]) -> Sequence[Verdict]:
        """See `HostPolicy`."""
        return [_OPEN] * len(packets)

    def judge_downlink(self, downlink: Downlink) -> JudgedDownlink:  # noqa: ARG002 - as the protocol has it
        """See `HostPolicy`."""
        return JudgedDownlink(_OPEN)

    def answered(self, judged: JudgedDownlink, receipt: TxReceipt) -> None:
        """See `HostPolicy`."""

    def emission_ended(self, report: EmissionReport) -> None:
        """See `HostPolicy`."""

    def summary(self) -> dict[str, object]:
        """See `HostPolicy`."""
        return {}

    def reload(self) -> None:
        """See `HostPolicy`."""
