"""Which gateway this is, from one start to the next."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.known_eui import FILE, check_eui, remember_eui, remembered_eui
from radio.errors import RadioError

EUI, OTHER = 0xAA555A0000000101, 0x0016C001FF10A235


def test_at_a_first_start_nobody_knows(tmp_path: Path) -> None:
    assert remembered_eui(tmp_path) is None
    assert remembered_eui(tmp_path / "nowhere") is None


@given(eui=st.integers(0, 2**64 - 1))
def test_what_was_remembered_is_found(tmp_path_factory: pytest.TempPathFactory, eui: int) -> None:
    state_dir = tmp_path_factory.mktemp("state")
    remember_eui(state_dir, eui)
    assert remembered_eui(state_dir) == eui


@pytest.mark.parametrize(
    "content", [b"", b"AA55", b"-A555A0000000101", b"AA555A_000000101", b"\xff" * 16, b"AA555A00000001010", b"a" * 16]
)
def test_what_is_no_eui_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert remembered_eui(tmp_path) is None


def test_what_is_no_news_is_not_written_again(tmp_path: Path) -> None:
    remember_eui(tmp_path, EUI)
    before = (tmp_path / FILE).stat().st_ino
    remember_eui(tmp_path, EUI)
    assert (tmp_path / FILE).stat().st_ino == before
    remember_eui(tmp_path, OTHER)
    assert remembered_eui(tmp_path) == OTHER


def test_a_disk_that_does_not_take_it_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / FILE / "in_the_way").mkdir(parents=True)
    with capture_logs() as logs:
        check_eui(tmp_path, None, EUI)
        check_eui(tmp_path, EUI, EUI)
    assert {log["log_level"] for log in logs} == {"warning"}


def test_an_exchanged_concentrator_ends_what_was_begun_under_the_former_eui_and_is_known_at_the_next_start(
    tmp_path: Path,
) -> None:
    check_eui(tmp_path, None, EUI)
    with pytest.raises(RadioError, match=r"AA555A0000000101.*0016C001FF10A235.*start once more"):
        check_eui(tmp_path, EUI, OTHER)
    assert remembered_eui(tmp_path) == OTHER
    check_eui(tmp_path, remembered_eui(tmp_path), OTHER)
