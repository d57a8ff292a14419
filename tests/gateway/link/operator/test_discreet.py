"""Devices and addresses are not told, though an error quotes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.operator.discreet import ADDRESS, DEVICE, LONGEST, closed, discreet, discreet_or_none

euis = st.integers(0, 2**64 - 1)
addresses = st.integers(0, 2**32 - 1)
around = st.sampled_from(["", " ", "'", '"', "(", ")", ",", ":", "=", "<", ">", ";", ". ", "/", "[", "]"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "the server answered 550 <anne.b@ville.example>: no mailbox",
            f"the server answered 550 <{ADDRESS}>: no mailbox",
        ),
        ('550 "anne b"@ville.example unknown', f"550 {ADDRESS} unknown"),
        ("https://hooks.ville.example/t/9f3?k=1 answered 500", f"{ADDRESS} answered 500"),
        ('dev_euis[3] = "70B3D57ED0001234": twice', f'dev_euis[3] = "{DEVICE}": twice'),
        ("device 70-b3-d5-7e-d0-00-12-34 is unknown", f"device {DEVICE} is unknown"),
        ("DevAddr 0x26011A07", f"DevAddr {DEVICE}"),
        ("key = 2B7E151628AED2A6ABF7158809CF4F3C", f"key = {DEVICE}"),
        ("two\nlines\tand\x07 a bell", "two lines and a bell"),
    ],
)
def test_what_names_a_device_or_a_contact_is_left_out(text: str, told: str) -> None:
    assert discreet(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "[Errno 28] No space left on device: '/var/lib/candelabre/accounts'",
        "serial 20260302 is older than 7, which was accepted already: serials only grow",
        "no key of policy.host_keys (9aaaae93, 5f0c2d9a) made this signature of this document",
        "hooks.ville.example answered 503 Service Unavailable",
        "certificate verify failed: certificate has expired (_ssl.c:1006)",
    ],
)
def test_what_an_engineer_needs_stays(text: str) -> None:
    assert discreet(text) == text


@given(euis, around, around, st.booleans())
def test_no_eui_gets_through(eui: int, before: str, after: str, is_upper: bool) -> None:
    digits = f"{eui:016X}" if is_upper else f"{eui:016x}"
    assert digits not in discreet(f"some text {before}{digits}{after} and more")


@given(addresses, around, around)
def test_no_dev_addr_gets_through(dev_addr: int, before: str, after: str) -> None:
    assert f"{dev_addr:08X}" not in discreet(f"some text {before}{dev_addr:08X}{after} and more")


@given(st.text())
def test_any_text_becomes_one_printable_line_of_bounded_length(text: str) -> None:
    told = discreet(text)
    assert told.isprintable()
    assert len(told) <= LONGEST


def test_what_is_missing_stays_so() -> None:
    assert discreet_or_none(None) is None
    assert discreet_or_none("a\nb") == "a b"


def test_a_sentence_is_closed_once() -> None:
    assert [closed("so"), closed("so."), closed("so?"), closed("")] == ["so.", "so.", "so?", "."]
