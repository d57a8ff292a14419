"""Messages: their times, and that what is told has every field."""

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.asyncapi import ALL_MESSAGES
from gateway.link.evidence.chain import Head, Point
from gateway.link.examples import EXAMPLES
from gateway.link.messages import (
    LATEST_UNIX_MS,
    Message,
    Sentence,
    Utc,
    dev_addr_text,
    encode,
    eui_text,
    unix_ms_of,
    utc_text,
)
from gateway.link.messages_depositor import AllowanceUse, EvidenceHead, LinkStatus, UplinkMessage, allowance_use
from gateway.link.messages_operator import GatewayCause, GatewayState
from gateway.policy.outcome import Level, Limit
from gateway.policy.use import Use

PUBLISHED = [kind for kind in ALL_MESSAGES if issubclass(kind, Message)]
moments = st.integers(0, LATEST_UNIX_MS)


def names(kinds: Sequence[type[msgspec.Struct]]) -> list[str]:
    return [kind.__name__ for kind in kinds]


def fields_left_out(told: Any, kind: Any) -> list[str]:
    """Fields of a message, and of the structures in it, that its JSON does not have."""
    message = msgspec.convert(told, kind)
    left_out = [name for name in kind.__struct_fields__ if name not in told]
    for name in kind.__struct_fields__:
        value, inner = getattr(message, name), told.get(name)
        for index, item in enumerate(value) if isinstance(value, tuple) else [(None, value)]:
            if isinstance(item, msgspec.Struct):
                left_out += fields_left_out(inner if index is None else inner[index], type(item))
    return left_out


def test_a_moment_is_told_in_utc_with_milliseconds() -> None:
    assert utc_text(0) == "1970-01-01T00:00:00.000Z"
    assert utc_text(1_772_439_300_480) == "2026-03-02T08:15:00.480Z"


@given(moments)
def test_a_moment_is_read_again_and_by_others(unix_ms: int) -> None:
    text = utc_text(unix_ms)
    assert msgspec.convert(text, Utc) == text
    assert unix_ms_of(text) == unix_ms
    assert datetime.datetime.fromisoformat(text) == datetime.datetime.fromtimestamp(0, datetime.UTC) + (
        datetime.timedelta(milliseconds=unix_ms)
    )


@given(moments, moments)
def test_moments_sort_as_text(one_ms: int, other_ms: int) -> None:
    assert (utc_text(one_ms) < utc_text(other_ms)) == (one_ms < other_ms)


@pytest.mark.parametrize("unix_ms", [-1, LATEST_UNIX_MS + 1])
def test_a_time_that_cannot_be_is_not_told(unix_ms: int) -> None:
    with pytest.raises(ValueError, match="1970 to 9999"):
        utc_text(unix_ms)


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00.000Z", "0000-01-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z"])
def test_a_date_that_no_calendar_has_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not match format|out of range|must be in"):
        unix_ms_of(text)


def test_identities_are_told_in_upper_case_and_whole() -> None:
    assert eui_text(0xAA) == "00000000000000AA"
    assert dev_addr_text(0x2A) == "0000002A"


@pytest.mark.parametrize("kind", PUBLISHED, ids=names(PUBLISHED))
def test_what_is_published_has_every_field_though_it_is_null(kind: type[msgspec.Struct]) -> None:
    told = msgspec.json.decode(encode(EXAMPLES[kind]))
    assert fields_left_out(told, kind) == []
    assert msgspec.convert(told, kind) == EXAMPLES[kind]


@pytest.mark.parametrize("kind", PUBLISHED, ids=names(PUBLISHED))
def test_what_is_published_says_who_tells_it_and_whether_its_times_can_be_believed(kind: type[msgspec.Struct]) -> None:
    told = msgspec.json.decode(encode(EXAMPLES[kind]))
    assert list(told)[:4] == ["format", "gateway_eui", "at", "clock_sure"]


@pytest.mark.parametrize("kind", PUBLISHED, ids=names(PUBLISHED))
def test_whoever_publishes_leaves_nothing_to_chance(kind: type[msgspec.Struct]) -> None:
    with_defaults = [field.name for field in msgspec.structs.fields(kind) if not field.required]
    assert with_defaults == ["format"]


def test_null_is_told_as_null() -> None:
    will = GatewayState(
        gateway_eui=eui_text(1),
        at=None,
        clock_sure=False,
        state="offline",
        cause=GatewayCause.CONNECTION_LOST,
        since=None,
        connected=None,
    )
    assert encode(will) == (
        b'{"format":1,"gateway_eui":"0000000000000001","at":null,"clock_sure":false,"state":"offline",'
        b'"cause":"connection_lost","since":null,"connected":null}'
    )


def test_every_time_of_a_clock_can_be_null() -> None:
    """Dates of the policy and a maintenance's are no clock's: those alone may stand while the clock is not sure."""
    link = EXAMPLES[LinkStatus]
    unsure = msgspec.structs.replace(link, at=None, clock_sure=False, since=None, valid_until=None)
    assert msgspec.json.decode(encode(unsure), type=LinkStatus) == unsure


def test_sentences_are_told_as_they_are_written() -> None:
    assert encode(Sentence("Réseau rétabli", "Network restored")) == (
        '{"fr":"Réseau rétabli","en":"Network restored"}'.encode()
    )


def test_the_head_of_the_evidence_is_told_as_the_log_gives_it() -> None:
    head = Head(Point(7, bytes(32)), "5f0c2d9a", bytes(64)).text
    assert msgspec.convert(head, EvidenceHead) == head


def test_the_use_of_an_allowance_is_told_with_its_share() -> None:
    told = AllowanceUse(level=Level.GROUP, limit=Limit.DAILY_UPLINKS, used=1, allowed=3, share=0.333)
    assert allowance_use(Use(Level.GROUP, Limit.DAILY_UPLINKS, 1, 3)) == told
    assert allowance_use(None) is None


def test_a_payload_is_told_only_where_somebody_said_so() -> None:
    """There is no default: whoever publishes an uplink decides, each time."""
    assert "phy_payload" in [field.name for field in msgspec.structs.fields(UplinkMessage) if field.required]
