"""What is remembered of a commissioning."""

import os
import stat
from pathlib import Path

import pytest

from gateway.commission.sheet import sheet_json
from gateway.commission.site import KeptSite
from gateway.commission.site_store import FILE, load_site, save_site
from gateway.config import ConfigError
from tests.gateway.commission.scene import FACTS, SITE, sheet

KEPT = KeptSite(FACTS, SITE)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    save_site(tmp_path, KEPT)
    assert load_site(tmp_path / FILE) == KEPT


def test_it_names_people_and_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    save_site(tmp_path, KEPT)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_it_belongs_to_whom_the_directory_belongs_to(tmp_path: Path) -> None:
    save_site(tmp_path, KEPT)
    assert (tmp_path / FILE).stat().st_uid == tmp_path.stat().st_uid


def test_a_sheet_is_a_site_as_well(tmp_path: Path) -> None:
    (tmp_path / "sheet.json").write_text(sheet_json(sheet()))
    assert load_site(tmp_path / "sheet.json") == KEPT


def test_where_nothing_was_kept_there_is_nothing(tmp_path: Path) -> None:
    assert load_site(tmp_path / FILE) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"gateway": {}}', b"\xff", b"[]"])
def test_what_is_no_site_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ConfigError, match="no commissioned site"):
        load_site(tmp_path / FILE)


def test_a_pipe_holds_nobody_up(tmp_path: Path) -> None:

    os.mkfifo(tmp_path / FILE)
    with pytest.raises(ConfigError, match="a named pipe, not a regular file"):
        load_site(tmp_path / FILE)
