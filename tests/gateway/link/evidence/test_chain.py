"""The lines of the log, and the chain as its description says it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.evidence.chain import (
    BEGINNING,
    EVERYBODY,
    Draft,
    EntryTime,
    Point,
    entry_line,
    is_token,
    read_entry,
    read_head,
    seal_of,
    sign_head,
    tag_of,
    token_of,
    utc_text,
)
from tests.gateway.link.evidence.scene import KEY, OTHER_KEY, PUBLIC, draft, sample, sha256


def test_an_entry_is_a_line_that_people_can_read() -> None:
    line, _ = entry_line(17, draft("city", event="opened", id="a1"), b"token")
    seal = seal_of(b"token", 17).decode()
    assert line.decode() == (
        f'entry 17 2026-11-01T12:00:00.000Z sure 0 incident city {seal} {{"event":"opened","id":"a1"}}\n'
    )


@given(
    number=st.integers(1, 10**17),
    steady_ms=st.integers(-(10**15), 10**15),
    unix_ms=st.integers(0, 253_402_300_799_999),
    sure=st.booleans(),
    whose=st.sampled_from(["*", "-", "city", "a-b-9"]),
)
def test_what_is_written_is_read(number: int, steady_ms: int, unix_ms: int, sure: bool, whose: str) -> None:
    given = Draft("incident", whose, b'{"text":"\xc3\xa9t\xc3\xa9 {"}', EntryTime(steady_ms, unix_ms, sure))
    line, _ = entry_line(number, given, b"")
    entry = read_entry(line)
    assert entry is not None
    assert (entry.number, entry.draft, entry.seal) == (number, given, seal_of(b"", number))


@pytest.mark.parametrize(("unix_ms", "text"), [(-5, "1970-01-01T00:00:00.000Z"), (10**18, "9999-12-31T23:59:59.999Z")])
def test_a_clock_beyond_all_dates_is_still_written(unix_ms: int, text: str) -> None:
    assert utc_text(unix_ms) == text


def test_a_date_that_does_not_exist_is_no_entry() -> None:
    line, _ = entry_line(1, draft("city"), b"")
    assert read_entry(line.replace(b"2026-11-01", b"2026-02-30")) is None


def test_the_chain_is_what_its_description_says(tmp_path: Path) -> None:
    (content,) = sample(tmp_path)
    digest, heads = bytes(32), 0
    for line in content.splitlines(keepends=True)[1:]:
        if line.startswith(b"entry"):
            seal = line.split(b" ")[7]
            digest = sha256(digest + sha256(seal) + sha256(line))
        else:
            assert line.split(b" ")[2] == digest.hex().encode()
            digest = sha256(digest + sha256(line))
            heads += 1
    assert heads == 4


def test_a_head_is_text_that_can_be_kept_and_checked() -> None:
    head = sign_head(Point(812, sha256(b"")), KEY)
    number, digest, key_id, _ = head.text.split(" ")
    assert (number, digest, key_id) == ("812", sha256(b"").hex(), PUBLIC.key_id)
    kept = read_head(head.text.encode())
    assert kept == head
    assert kept is not None
    assert kept.is_by(PUBLIC)
    assert not kept.is_by(OTHER_KEY.public)


def test_no_changed_head_is_by_the_key() -> None:
    text = sign_head(Point(812, sha256(b"")), KEY).text.encode()
    for place in range(len(text)):
        for other in (b"", b"0", b"1", b"f", b" ", bytes([text[place] ^ 0x20])):
            changed = text[:place] + other + text[place + 1 :]
            head = read_head(changed)
            assert changed == text or head is None or not head.is_by(PUBLIC)


def test_a_token_is_one_depositors_and_seals_one_entry_only() -> None:
    token = token_of("city", KEY)
    assert token == token_of("city", KEY)
    assert is_token(token, "city", PUBLIC)
    assert not is_token(token, "syndicate", PUBLIC)
    assert not is_token(token_of("city", OTHER_KEY), "city", PUBLIC)
    assert len({seal_of(token, 1), seal_of(token, 2), seal_of(token_of("syndicate", KEY), 1), seal_of(b"", 1)}) == 4


def test_what_concerns_all_needs_no_secret() -> None:
    assert token_of(EVERYBODY, KEY) == b""


def test_an_entrys_tag_is_of_its_seal_and_says_nothing_of_it() -> None:
    line, leaf = entry_line(1, draft("city"), b"token")
    assert leaf.tag == tag_of(seal_of(b"token", 1)) == sha256(seal_of(b"token", 1))
    assert leaf.digest == sha256(line)
    assert BEGINNING.digest == bytes(32)
