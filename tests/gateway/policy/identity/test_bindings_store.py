"""Bindings outlive a restart, are seldom written, and a damaged file is no bindings."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.identity.bindings import MOST_DEVICES, Binding
from gateway.policy.identity.bindings_store import SHORTEST_PERIOD_MS, BindingsStore, decode, encode

EUIS = st.integers(0, 2**64 - 1)
BINDINGS = st.lists(
    st.builds(Binding, EUIS, st.integers(0, 2**32 - 1), st.integers(0, 2**62), st.none() | EUIS), max_size=5
).map(tuple)
LAMP = Binding(0x70B3_D57E_D000_0001, 0x2601_1A07, 5, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "bindings"


@given(BINDINGS)
def test_they_are_read_as_they_were_written(bindings: tuple[Binding, ...]) -> None:
    assert decode(encode(bindings)) == bindings


@given(BINDINGS, st.data())
def test_a_byte_that_is_changed_is_noticed(bindings: tuple[Binding, ...], data: st.DataObject) -> None:
    content = bytearray(encode(bindings))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(content)) is None


@given(BINDINGS, st.data())
def test_a_file_that_is_cut_or_goes_on_is_noticed(bindings: tuple[Binding, ...], data: st.DataObject) -> None:
    content = encode(bindings)
    assert decode(content[: data.draw(st.integers(0, len(content) - 1))]) is None
    assert decode(content + data.draw(st.binary(min_size=1, max_size=40))) is None


def test_without_a_file_there_are_none_and_nothing_to_say(path: Path) -> None:
    assert BindingsStore(path).load() == ((), None)


def test_they_outlive_the_process(path: Path) -> None:
    BindingsStore(path).write((LAMP,), 1, 0)
    assert BindingsStore(path).load() == ((LAMP,), None)


def test_only_the_service_can_read_the_file(path: Path) -> None:
    BindingsStore(path).write((LAMP,), 1, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_file_is_told_and_taken_as_empty(path: Path) -> None:
    BindingsStore(path).write((LAMP,), 1, 0)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    bindings, note = BindingsStore(path).load()
    assert bindings == ()
    assert note == f"learnt bindings {path}: damaged. Which device uses which DevAddr is learnt anew"


def test_a_file_that_cannot_be_read_is_told_and_taken_as_empty(path: Path) -> None:
    path.mkdir(parents=True)
    bindings, note = BindingsStore(path).load()
    assert bindings == ()
    assert note is not None
    assert "Is a directory" in note


def test_a_file_that_is_much_too_large_is_not_read(path: Path) -> None:
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(MOST_DEVICES * 100)
    bindings, note = BindingsStore(path).load()
    assert bindings == ()
    assert note is not None
    assert "too large" in note


def test_what_did_not_change_is_not_due(path: Path) -> None:
    store = BindingsStore(path)
    assert not store.due(0, 10**9)
    store.write((LAMP,), 3, 0)
    assert not store.changed(3)
    assert not store.due(3, 10**9)


def test_it_is_due_at_once_and_then_after_ten_minutes(path: Path) -> None:
    store = BindingsStore(path)
    assert store.due(1, 0)
    store.write((LAMP,), 1, 0)
    assert store.changed(2)
    assert not store.due(2, SHORTEST_PERIOD_MS - 1)
    assert store.due(2, SHORTEST_PERIOD_MS)


def test_a_large_file_is_written_less_often(path: Path) -> None:
    """A megabyte an hour at most: 2.9 MB every 2.9 hours."""
    store = BindingsStore(path)
    store.write([LAMP] * 100_000, 1, 0)
    size = path.stat().st_size
    assert 2_900_000 <= size < 2_900_100
    assert not store.due(2, 10_440_000 - 1)
    assert store.due(2, 10_441_000)


def test_after_a_failure_the_old_file_stays_and_it_is_tried_again_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BindingsStore(path)
    store.write((LAMP,), 1, 0)

    def full(path: Path, content: bytes, mode: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gateway.policy.identity.bindings_store.write_atomically", full)
        with pytest.raises(OSError, match="No space"):
            store.write((), 2, SHORTEST_PERIOD_MS)
    assert BindingsStore(path).load() == ((LAMP,), None)
    assert store.changed(2)
    assert not store.due(2, 2 * SHORTEST_PERIOD_MS - 1)
    assert store.due(2, 2 * SHORTEST_PERIOD_MS)


class TestLog:
    METER = Binding(0x70B3_D57E_D000_0002, 0x2601_1A08, 7, None)

    def test_what_is_noted_outlives_the_process_at_once(self, path: Path) -> None:
        BindingsStore(path).note(LAMP)
        BindingsStore(path).note(self.METER)
        assert BindingsStore(path).load() == ((LAMP, self.METER), None)

    def test_the_last_word_counts(self, path: Path) -> None:
        moved = Binding(LAMP.dev_eui, 0x2601_1A09, 9, 0)
        store = BindingsStore(path)
        store.write((LAMP,), 1, 0)
        store.note(moved)
        assert BindingsStore(path).load() == ((moved,), None)

    def test_an_older_word_does_not_take_the_place_of_a_newer_one(self, path: Path) -> None:
        store = BindingsStore(path)
        store.note(Binding(LAMP.dev_eui, 0x2601_1A09, 1, 0))
        store.write((LAMP,), 1, 0)
        assert BindingsStore(path).load() == ((LAMP,), None)

    def test_half_a_record_spoils_neither_those_before_nor_those_after(self, path: Path) -> None:
        BindingsStore(path).note(LAMP)
        log = path.with_name("bindings.log")
        log.write_bytes(log.read_bytes() + log.read_bytes()[:11])
        assert BindingsStore(path).load() == ((LAMP,), None)
        BindingsStore(path).note(self.METER)
        assert BindingsStore(path).load() == ((LAMP, self.METER), None)

    @pytest.mark.parametrize("dies", [False, True], ids=["written", "killed before it is written"])
    def test_what_is_noted_while_all_is_written_is_not_lost(self, path: Path, dies: bool) -> None:
        store = BindingsStore(path)
        store.note(LAMP)
        store.set_log_aside()
        store.note(self.METER)
        if not dies:
            store.write((LAMP,), 1, 0)
        assert BindingsStore(path).load() == ((LAMP, self.METER), None)

    def test_a_long_log_is_reason_enough_to_write_all(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.policy.identity.bindings_store.MOST_LOGGED", 2)
        store = BindingsStore(path)
        store.write((), 0, 0)
        store.note(LAMP)
        assert not store.due(1, 1)
        store.note(self.METER)
        assert store.due(2, 1)
        store.set_log_aside()
        assert not store.due(2, 1)

    def test_only_the_service_can_read_it(self, path: Path) -> None:
        BindingsStore(path).note(LAMP)
        assert stat.S_IMODE(path.with_name("bindings.log").stat().st_mode) == 0o600
