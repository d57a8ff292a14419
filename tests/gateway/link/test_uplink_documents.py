"""What is published of an uplink: to its depositor, as the policy says; to the host, as the depositor agreed."""

import base64
from typing import Any

import msgspec
import pytest

from gateway.link.instant import Instant
from gateway.link.messages import encode, utc_text
from gateway.link.messages_depositor import AllowanceUse, DeviceFlag, HostUplinkMessage, UplinkMessage
from gateway.link.uplink_documents import HeardUplink, UplinkTopics, host_uplink_message, uplink_message
from gateway.policy.accounts.account import Account
from gateway.policy.claim import Limits
from gateway.policy.document import Consent, Depositor, Group, Period
from gateway.policy.outcome import Level, Limit, Outcome
from gateway.policy.verdict import Flag, Standing, Verdict
from radio.packets import CodingRate, Modulation, RxPacket
from tests.gateway.policy.frames import (
    ALWAYS,
    CITY,
    CITY_ADDR,
    CITY_EUI,
    CITY_SIDE,
    METROPOLIS,
    METROPOLIS_ADDR,
    UNCONFIRMED_UP,
    data_frame,
    join,
    policy,
    uplink,
)
from tests.packets import packet

GATEWAY_EUI = 0xAA555A0000000101
UNIX_MS = 1_772_439_300_480
UNIX_S = UNIX_MS // 1000
RECEIVED_MS = UNIX_MS - 25
NOW = Instant(7_000, UNIX_MS)
UNSURE = Instant(7_000)
ADMITTED = Verdict(Outcome.ADMITTED, forwarded=True, depositor=CITY, group="meters", dev_addr=CITY_ADDR)
JOINING = Verdict(Outcome.ADMITTED, forwarded=True, depositor=CITY, group="meters", dev_eui=CITY_EUI, is_join=True)
AGREED, REFUSED = Consent(True, ALWAYS), Consent(False, ALWAYS)
REFUSALS_OF_LIMITS = [Outcome(limit.value) for limit in Limit if limit is not Limit.DOWNLINK_AIRTIME]


def city(**changes: Any) -> Depositor:
    return msgspec.structs.replace(CITY_SIDE, **changes)


def verdict(**changes: Any) -> Verdict:
    return msgspec.structs.replace(ADMITTED, **changes)


def published(
    judged: Verdict = ADMITTED, heard: RxPacket | None = None, now: Instant = NOW, **depositor: Any
) -> UplinkMessage | None:
    topics = UplinkTopics.of(policy(city(**depositor)), GATEWAY_EUI)
    return uplink_message(topics, HeardUplink(heard or uplink(CITY_ADDR), judged, RECEIVED_MS), 3, now)


def told(
    judged: Verdict = ADMITTED, heard: RxPacket | None = None, now: Instant = NOW, **depositor: Any
) -> UplinkMessage:
    message = published(judged, heard, now, **depositor)
    assert message is not None
    return message


def copied(
    judged: Verdict = ADMITTED, known_unix_s: int | None = UNIX_S, now: Instant = NOW, **depositor: Any
) -> HostUplinkMessage | None:
    topics = UplinkTopics.of(policy(city(**depositor)), GATEWAY_EUI)
    heard = HeardUplink(uplink(CITY_ADDR), judged, RECEIVED_MS)
    return host_uplink_message(topics, heard, 3, now, known_unix_s=known_unix_s)


def standing(used: int, allowed: int) -> Standing:
    """Accounts of a device that has asked to join so many times of those that it may in an hour."""
    window = msgspec.structs.replace(Account().joins, count=used)
    accounts = (msgspec.structs.replace(Account(), joins=window), Account(), Account())
    return Standing((Limits(joins_per_hour=allowed), Limits(), Limits()), accounts, 0, 0.8)


class TestTheDepositorsTopic:
    def test_it_has_the_packet_as_it_was_heard_and_what_became_of_it(self) -> None:
        heard = uplink(CITY_ADDR, 1207, b"light", counter_us=77, spreading_factor=9)
        assert told(verdict(dev_eui=CITY_EUI), heard) == UplinkMessage(
            gateway_eui="AA555A0000000101",
            at="2026-03-02T08:15:00.480Z",
            clock_sure=True,
            number=3,
            depositor="city",
            group="meters",
            dev_eui="70B3D57ED0000001",
            dev_addr="26011A07",
            is_join=False,
            fcnt=1207,
            fport=1,
            received="2026-03-02T08:15:00.455Z",
            counter_us=77,
            freq_hz=868_300_000,
            modulation="LORA",
            bandwidth_hz=125_000,
            spreading_factor=9,
            coding_rate="4/5",
            bitrate_bps=None,
            rssi_dbm=-113.4,
            snr_db=2.5,
            size_bytes=18,
            airtime_ms=185.344,
            outcome=Outcome.ADMITTED,
            forwarded=True,
            allowance=None,
            flags=(),
            phy_payload=None,
        )

    def test_a_join_request_has_a_dev_eui_and_neither_dev_addr_nor_counter(self) -> None:
        message = told(JOINING, join(CITY_EUI))
        assert (message.is_join, message.dev_eui, message.dev_addr) == (True, "70B3D57ED0000001", None)
        assert (message.fcnt, message.fport) == (None, None)

    def test_a_frame_without_a_port_has_none(self) -> None:
        bare = data_frame(CITY_ADDR, 5, b"")[:8] + bytes(4)
        assert (told(heard=packet(payload=bare)).fcnt, told(heard=packet(payload=bare)).fport) == (5, None)

    def test_fsk_has_a_bit_rate_and_nothing_of_loras(self) -> None:
        heard = uplink(
            CITY_ADDR,
            modulation=Modulation.FSK,
            coding_rate=None,
            spreading_factor=0,
            bitrate_bps=50_000,
            rssi_channel_dbm=-98.73999,
        )
        message = told(heard=heard)
        assert (message.modulation, message.bitrate_bps, message.rssi_dbm) == ("FSK", 50_000, -98.7)
        assert [message.bandwidth_hz, message.spreading_factor, message.coding_rate, message.snr_db] == [None] * 4

    @pytest.mark.parametrize("rate", [None, *CodingRate])
    def test_the_coding_rate_is_told_where_the_chip_knows_it(self, rate: CodingRate | None) -> None:
        assert told(heard=uplink(CITY_ADDR, coding_rate=rate)).coding_rate == (rate and rate.value)

    def test_while_the_clock_is_not_sure_no_time_is_told(self) -> None:
        message = told(now=UNSURE)
        assert (message.clock_sure, message.at, message.received) == (False, None, None)

    def test_a_reception_of_an_unknown_time_has_none(self) -> None:
        topics = UplinkTopics.of(policy(), GATEWAY_EUI)
        message = uplink_message(topics, HeardUplink(uplink(CITY_ADDR), ADMITTED), 1, NOW)
        assert message is not None
        assert (message.at, message.received) == (utc_text(UNIX_MS), None)

    @pytest.mark.parametrize("outcome", [Outcome.SUSPENDED, Outcome.RIGHT_ENDED, *REFUSALS_OF_LIMITS])
    def test_what_is_refused_is_told_all_the_same(self, outcome: Outcome) -> None:
        message = told(verdict(outcome=outcome, forwarded=False))
        assert (message.outcome, message.forwarded) == (outcome, False)

    def test_what_the_policy_keeps_off_is_not_told(self) -> None:
        assert published(uplink_topic="off") is None

    def test_the_payload_is_told_only_where_the_policy_says_so_and_as_it_was_sent(self) -> None:
        heard = uplink(CITY_ADDR, payload=bytes(range(250, 256)))
        payload = told(heard=heard, uplink_topic="payload").phy_payload
        assert payload is not None
        assert base64.b64decode(payload) == heard.payload
        assert told(heard=heard, uplink_topic="metadata").phy_payload is None
        assert told(heard=heard).phy_payload is None

    def test_a_forged_frame_is_not_the_depositors(self) -> None:
        forged = verdict(outcome=Outcome.FORGED, forwarded=False, flags=(Flag.FORGED,))
        assert published(forged, uplink_topic="payload") is None

    @pytest.mark.parametrize("whose", [None, "", "somebody"])
    def test_what_is_nobodys_or_of_a_former_policy_is_told_to_nobody(self, whose: str | None) -> None:
        assert published(verdict(depositor=whose)) is None

    def test_each_depositor_is_told_of_its_own(self) -> None:
        topics = UplinkTopics.of(policy(), GATEWAY_EUI)
        theirs = verdict(depositor=METROPOLIS, dev_addr=METROPOLIS_ADDR)
        message = uplink_message(topics, HeardUplink(uplink(METROPOLIS_ADDR), theirs), 1, NOW)
        assert message is not None
        assert (message.depositor, message.dev_addr) == (METROPOLIS, "26011B07")


class TestFlags:
    def test_what_a_verdict_points_out_is_told(self) -> None:
        assert told(verdict(flags=(Flag.COUNTER_WENT_BACK,))).flags == (DeviceFlag.COUNTER_WENT_BACK,)
        assert told(verdict(flags=(Flag.SHARED_DEV_ADDR,))).flags == (DeviceFlag.SHARED_DEV_ADDR,)
        assert told(verdict(flags=(Flag.MIC_VERIFIED,))).flags == ()

    @pytest.mark.parametrize("outcome", REFUSALS_OF_LIMITS)
    @pytest.mark.parametrize("forwarded", [False, True], ids=["enforced", "observed"])
    def test_a_limit_that_refuses_or_would_have_is_told(self, outcome: Outcome, forwarded: bool) -> None:
        over = verdict(outcome=outcome, forwarded=forwarded, would_refuse=forwarded, level=Level.GROUP)
        assert told(over).flags == (DeviceFlag.OUT_OF_LIMITS,)

    def test_a_refused_right_is_no_limit(self) -> None:
        assert told(verdict(outcome=Outcome.SUSPENDED, forwarded=False)).flags == ()

    @pytest.mark.parametrize(("used", "flags"), [(79, ()), (80, (DeviceFlag.NEAR_LIMIT,))])
    def test_a_limit_is_near_from_the_policys_warning_on(self, used: int, flags: tuple[DeviceFlag, ...]) -> None:
        message = told(verdict(standing=standing(used, 100)))
        assert message.flags == flags
        assert message.allowance == AllowanceUse(
            level=Level.DEVICE, limit=Limit.JOIN_RATE, used=used, allowed=100, share=used / 100
        )


class TestTheHostsCopy:
    def test_it_has_the_same_packet_with_its_payload_and_the_consents_end(self) -> None:
        copy, own = copied(consent=Consent(True, Period(0, UNIX_S + 60))), told(uplink_topic="payload")
        assert copy is not None
        assert copy.consent_ends == utc_text((UNIX_S + 60) * 1000)
        shared = set(HostUplinkMessage.__struct_fields__) & set(UplinkMessage.__struct_fields__)
        assert set(HostUplinkMessage.__struct_fields__) - shared == {"consent_ends"}
        assert {name: getattr(copy, name) for name in shared} == {name: getattr(own, name) for name in shared}

    @pytest.mark.parametrize("mode", ["off", "metadata", "payload"])
    def test_what_the_depositor_reads_itself_is_another_matter(self, mode: str) -> None:
        assert copied(consent=AGREED, uplink_topic=mode) is not None
        assert copied(uplink_topic=mode) is None

    @pytest.mark.parametrize(
        ("of_depositor", "of_group", "there_is_one"),
        [
            (None, None, False),
            (AGREED, None, True),
            (REFUSED, None, False),
            (AGREED, REFUSED, False),
            (REFUSED, AGREED, True),
            (None, AGREED, True),
        ],
    )
    def test_a_groups_own_consent_is_in_the_place_of_the_depositors(
        self, of_depositor: Consent | None, of_group: Consent | None, there_is_one: bool
    ) -> None:
        groups = (
            msgspec.structs.replace(CITY_SIDE.groups[0], consent=of_group),
            Group("bins", "Bins", consent=None if of_group is None else Consent(not of_group.host_copy, ALWAYS)),
        )
        assert (copied(consent=of_depositor, groups=groups) is not None) is there_is_one

    @pytest.mark.parametrize(
        ("known_unix_s", "there_is_one"),
        [(UNIX_S - 1, False), (UNIX_S, True), (UNIX_S + 59, True), (UNIX_S + 60, False), (None, False)],
    )
    def test_a_consent_holds_from_its_beginning_to_its_end_by_the_known_time(
        self, known_unix_s: int | None, there_is_one: bool
    ) -> None:
        consent = Consent(True, Period(UNIX_S, UNIX_S + 60))
        assert (copied(known_unix_s=known_unix_s, consent=consent) is not None) is there_is_one

    def test_where_the_clock_is_not_sure_the_known_time_is_enough(self) -> None:
        copy = copied(now=UNSURE, consent=AGREED)
        assert copy is not None
        assert (copy.at, copy.received, copy.consent_ends) == (None, None, utc_text(ALWAYS.ends_unix_s * 1000))

    @pytest.mark.parametrize("outcome", [*REFUSALS_OF_LIMITS, Outcome.SUSPENDED])
    def test_what_was_not_forwarded_did_not_cross_the_network(self, outcome: Outcome) -> None:
        assert copied(verdict(outcome=outcome, forwarded=False), consent=AGREED) is None

    def test_what_was_forwarded_although_out_of_limits_did(self) -> None:
        over = verdict(outcome=Outcome.RATE, would_refuse=True, level=Level.DEVICE)
        assert copied(over, consent=AGREED) is not None

    def test_a_join_request_holds_no_data_of_a_sensor(self) -> None:
        assert copied(JOINING, consent=AGREED) is None

    @pytest.mark.parametrize("nobodys", [verdict(depositor=None), verdict(outcome=Outcome.FORGED)])
    def test_what_is_not_the_depositors_is_not_covered_by_its_consent(self, nobodys: Verdict) -> None:
        assert copied(nobodys, consent=AGREED) is None

    def test_a_group_of_a_former_policy_agreed_to_nothing(self) -> None:
        assert copied(verdict(group="gone"), consent=AGREED) is None


class TestTheHostsCopyOfASharedDevAddr:
    """The device may be in any of the depositor's groups: all of them have to agree."""

    SHARED = verdict(group=None, flags=(Flag.SHARED_DEV_ADDR,))

    def copied(self, *consents: Consent | None) -> HostUplinkMessage | None:
        groups = tuple(Group(f"g{number}", "G", consent=consent) for number, consent in enumerate(consents))
        return copied(self.SHARED, consent=AGREED, groups=groups)

    def test_it_lasts_until_the_first_consent_ends(self) -> None:
        copy = self.copied(Consent(True, Period(0, UNIX_S + 60)), None, Consent(True, Period(0, UNIX_S + 30)))
        assert copy is not None
        assert copy.consent_ends == utc_text((UNIX_S + 30) * 1000)

    @pytest.mark.parametrize("position", range(3))
    def test_one_group_that_does_not_agree_is_enough(self, position: int) -> None:
        consents: list[Consent | None] = [None, None, AGREED]
        consents[position] = REFUSED
        assert self.copied(*consents) is None

    def test_no_group_is_no_consent(self) -> None:
        assert self.copied() is None


@pytest.mark.parametrize("message", [told(uplink_topic="payload"), copied(consent=AGREED)], ids=["depositor", "host"])
def test_what_is_built_is_what_readers_expect(message: UplinkMessage | HostUplinkMessage) -> None:
    assert msgspec.json.decode(encode(message), type=type(message)) == message


def test_no_application_payload_is_read() -> None:
    """A frame's bytes behind its header change nothing but the payload itself."""
    one, other = (packet(payload=data_frame(CITY_ADDR, 1, text, mhdr=UNCONFIRMED_UP)) for text in (b"light", b"dark!"))
    assert told(heard=one) == told(heard=other)
