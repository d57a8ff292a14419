"""Each uplink as its depositor's topic has it, and the host's copy of it, which the depositor agreed to. Pure.

A depositor's topic has all that its devices sent, refused or not (annexe 2, data made available). A forged frame is
left out: it names a device of the depositor's, which did not send it. So is what is no single depositor's.

The host's copy has what its network carried (article 8, depositor, 5th: the sensor data that cross it): what was
forwarded, and no join requests, which hold no sensor's data.
"""

import binascii
from collections.abc import Mapping

import msgspec

from forwarder.phypayload import DataFrame, parse_phypayload
from gateway.link.instant import Instant
from gateway.link.messages import EuiText, Utc, dev_addr_text, eui_text, utc_text
from gateway.link.messages_depositor import (
    DeviceFlag,
    HostUplinkMessage,
    UplinkMessage,
    UplinkMetadata,
    allowance_use,
)
from gateway.policy.document import Depositor, Group, Policy
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import host_copy_at
from gateway.policy.verdict import Flag, Verdict
from radio.airtime import rx_airtime_us
from radio.packets import Modulation, RxPacket

_DEVICE_FLAGS = {
    Flag.COUNTER_WENT_BACK: DeviceFlag.COUNTER_WENT_BACK,
    Flag.SHARED_DEV_ADDR: DeviceFlag.SHARED_DEV_ADDR,
}


class HeardUplink(msgspec.Struct, frozen=True, gc=False):
    """A packet, the verdict on it, and when its reception ended: None where that is not known."""

    packet: RxPacket
    verdict: Verdict
    received_unix_ms: int | None = None


class Agreed(msgspec.Struct, frozen=True, gc=False):
    """One depositor, and whose consent the host's copy needs by the group of a verdict.

    Without a group the device may be in any of them: then one for each different consent.
    """

    depositor: Depositor
    groups: Mapping[str | None, tuple[Group, ...]]

    @classmethod
    def of(cls, depositor: Depositor) -> "Agreed":
        """Made ready once."""
        differing = {group.consent: group for group in depositor.groups}
        groups: dict[str | None, tuple[Group, ...]] = {group.id: (group,) for group in depositor.groups}
        return cls(depositor, groups | {None: tuple(differing.values())})

    def host_copy_ends_unix_s(self, group: str | None, known_unix_s: int) -> int | None:
        """Until when the host may use what a group's devices send; None where it may not now."""
        groups = self.groups.get(group)
        if not groups or not all(host_copy_at(self.depositor, each, known_unix_s) for each in groups):
            return None
        consents = [each.consent or self.depositor.consent for each in groups]
        return min(consent.period.ends_unix_s for consent in consents if consent is not None)


class UplinkTopics(msgspec.Struct, frozen=True, gc=False):
    """Who is told of uplinks, by this gateway and under this policy: made once for each policy."""

    gateway_eui: EuiText
    depositors: Mapping[str, Agreed]

    @classmethod
    def of(cls, policy: Policy, gateway_eui: int) -> "UplinkTopics":
        """What a policy says."""
        return cls(eui_text(gateway_eui), {each.id: Agreed.of(each) for each in policy.depositors})

    def whose(self, verdict: Verdict) -> Agreed | None:
        """The depositor whose device sent a packet; None where it is no single one's, or forged."""
        if verdict.depositor is None or verdict.outcome is Outcome.FORGED:
            return None
        return self.depositors.get(verdict.depositor)


def uplink_message(topics: UplinkTopics, heard: HeardUplink, number: int, now: Instant) -> UplinkMessage | None:
    """What the depositor's topic has of a packet; None where it has nothing.

    `number` is that of the topic's next message: used up where there is one. Raises ValueError for a time that no
    message can have.
    """
    agreed = topics.whose(heard.verdict)
    if agreed is None or agreed.depositor.uplink_topic == "off":
        return None
    with_payload = agreed.depositor.uplink_topic == "payload"
    return UplinkMessage(
        **msgspec.structs.asdict(_metadata(topics.gateway_eui, agreed.depositor.id, heard, number, now)),
        allowance=allowance_use(heard.verdict.tightest),
        flags=device_flags(heard.verdict),
        phy_payload=_base64(heard.packet.payload) if with_payload else None,
    )


def host_uplink_message(
    topics: UplinkTopics, heard: HeardUplink, number: int, now: Instant, *, known_unix_s: int | None
) -> HostUplinkMessage | None:
    """The host's copy of a packet; None where there is none. The rest is as in `uplink_message`.

    `known_unix_s` is what consents are judged by; without it nobody can say that one lasts, and there is no copy.
    """
    agreed, verdict = topics.whose(heard.verdict), heard.verdict
    if agreed is None or known_unix_s is None or verdict.is_join or not verdict.forwarded:
        return None
    ends_unix_s = agreed.host_copy_ends_unix_s(verdict.group, known_unix_s)
    if ends_unix_s is None:
        return None
    return HostUplinkMessage(
        **msgspec.structs.asdict(_metadata(topics.gateway_eui, agreed.depositor.id, heard, number, now)),
        consent_ends=utc_text(ends_unix_s * 1000),
        phy_payload=_base64(heard.packet.payload),
    )


def device_flags(verdict: Verdict) -> tuple[DeviceFlag, ...]:
    """What one verdict alone tells of the device."""
    flags = [_DEVICE_FLAGS[flag] for flag in verdict.flags if flag in _DEVICE_FLAGS]
    # A level is named where a limit refused, in observe mode too.
    if verdict.level is not None:
        flags.append(DeviceFlag.OUT_OF_LIMITS)
    if verdict.warned:
        flags.append(DeviceFlag.NEAR_LIMIT)
    return tuple(flags)


def _metadata(gateway_eui: EuiText, depositor: str, heard: HeardUplink, number: int, now: Instant) -> UplinkMetadata:
    """What both messages have."""
    packet, verdict = heard.packet, heard.verdict
    frame = parse_phypayload(packet.payload)
    data = frame if isinstance(frame, DataFrame) else None
    is_lora = packet.modulation is Modulation.LORA
    clock_sure = now.unix_ms is not None
    return UplinkMetadata(
        gateway_eui=gateway_eui,
        at=_utc(now.unix_ms),
        clock_sure=clock_sure,
        number=number,
        depositor=depositor,
        group=verdict.group,
        dev_eui=None if verdict.dev_eui is None else eui_text(verdict.dev_eui),
        dev_addr=None if verdict.dev_addr is None else dev_addr_text(verdict.dev_addr),
        is_join=verdict.is_join,
        fcnt=None if data is None else data.fcnt,
        fport=None if data is None else data.fport,
        received=_utc(heard.received_unix_ms) if clock_sure else None,
        counter_us=packet.counter_us,
        freq_hz=packet.freq_hz,
        modulation=packet.modulation.value,
        bandwidth_hz=packet.bandwidth_hz if is_lora else None,
        spreading_factor=packet.spreading_factor if is_lora else None,
        coding_rate=None if packet.coding_rate is None else packet.coding_rate.value,
        bitrate_bps=None if is_lora else packet.bitrate_bps,
        # An FSK packet's is worked out by a polynomial, to more digits than anybody measures.
        rssi_dbm=round(packet.rssi_channel_dbm, 1),
        snr_db=packet.snr_db if is_lora else None,
        size_bytes=len(packet.payload),
        airtime_ms=rx_airtime_us(packet) / 1000,
        outcome=verdict.outcome,
        forwarded=verdict.forwarded,
    )


def _utc(unix_ms: int | None) -> Utc | None:
    return None if unix_ms is None else utc_text(unix_ms)


def _base64(phy_payload: bytes) -> str:
    return binascii.b2a_base64(phy_payload, newline=False).decode("ascii")
