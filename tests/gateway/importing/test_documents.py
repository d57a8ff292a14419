import json
import os
from pathlib import Path

import pytest

from gateway.importing.documents import Kind, read_documents
from gateway.importing.draft import MOST_NOTES
from gateway.importing.importing import import_configuration
from gateway.importing.refusal import ImportRefusedError
from gateway.importing.source_file import LARGEST_FILE_BYTES
from tests.gateway.importing.sources import CHANNELS, CONCENTRATORD, MQTT, RADIO, semtech, write


def refusal(path: Path, kind: Kind | None = None) -> str:
    with pytest.raises(ImportRefusedError) as refused:
        import_configuration([path], kind)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (semtech(), "semtech"),
        ({"gateway_conf": {}}, "semtech"),
        ({"SX1302_conf": {}, "station_conf": {}}, "station"),
        (CONCENTRATORD, "concentratord"),
        (CHANNELS, "concentratord"),
        (MQTT, "mqtt-forwarder"),
        ('# x\n[backend]\nenabled = "concentratord"\n', "mqtt-forwarder"),
    ],
)
def test_each_is_recognised_by_what_is_in_it(tmp_path: Path, content: object, kind: str) -> None:
    [document] = read_documents([write(tmp_path, "some.file", content)], None)
    assert document.kind == kind


def test_comments_before_the_brace_do_not_hide_that_it_is_json(tmp_path: Path) -> None:
    [document] = read_documents([write(tmp_path, "x", '/* a */\n// b\n{"gateway_conf": {}}')], None)
    assert document.kind == "semtech"


def test_a_kind_that_is_named_is_taken_for_what_it_says(tmp_path: Path) -> None:
    [document] = read_documents([write(tmp_path, "x", {"SX1301_conf": {}})], "station")
    assert document.kind == "station"


@pytest.mark.parametrize("content", ["{}", "", "[policy]\nserial = 1\n"])
def test_what_is_of_none_of_them_is_refused_with_the_way_out(tmp_path: Path, content: str) -> None:
    assert "--from" in refusal(write(tmp_path, "x", content))


def test_a_gateway_toml_is_recognised(tmp_path: Path) -> None:
    assert "candelabre config check" in refusal(
        write(tmp_path, "g.toml", '[gateway]\n[radio]\nregion_plan = "EU868"\n')
    )


def test_mistakes_of_toml_are_told_with_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, "c.toml", "[gateway]\nregion = EU868\n")
    assert refusal(path).startswith(f"{path}: not TOML: ")
    assert "line 2, column" in refusal(path)


def test_what_is_no_text_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "global_conf.json"
    path.write_bytes(b'{\n  "gateway_ID": "\xe9"}')
    assert refusal(path).startswith(f"{path}: line 2, column 18: byte 0xE9: not UTF-8")


def test_a_byte_order_mark_does_not_disturb(tmp_path: Path) -> None:
    path = tmp_path / "global_conf.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(semtech()).encode())
    assert import_configuration([path]).problems == []


def test_a_directory_is_all_that_is_known_in_it(tmp_path: Path) -> None:
    write(tmp_path, "global_conf.json", semtech())
    write(tmp_path, "chirpstack-mqtt-forwarder.toml", MQTT)
    write(tmp_path, "notes.txt", "nobody reads this")
    assert [document.kind for document in read_documents([tmp_path], None)] == ["semtech", "mqtt-forwarder"]
    assert [document.kind for document in read_documents([tmp_path], "mqtt-forwarder")] == ["mqtt-forwarder"]
    write(tmp_path, "station.conf", {"SX1302_conf": RADIO})
    assert "two programs' radio: give the files of one" in refusal(tmp_path)


def test_a_key_is_named_with_its_own_file_whatever_is_in_it(tmp_path: Path) -> None:
    """Keys of strangers hold what paths are made of: points, brackets, ends of lines."""
    for key in ("a.b", "[", "x[0]", "a\nb", "[2J\n", ""):
        write(tmp_path, "global_conf.json", semtech())
        write(tmp_path, "local_conf.json", {"gateway_conf": {key: 1}})
        imported = import_configuration([tmp_path])
        assert [note for note in imported.notes if note.startswith("local_conf.json: gateway_conf.")], key


def test_more_files_than_a_gateway_has_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", semtech())
    with pytest.raises(ImportRefusedError, match="33 files"):
        import_configuration([path] * 33)


def test_what_is_too_long_missing_or_no_file_is_refused(tmp_path: Path) -> None:
    long = tmp_path / "long.json"
    long.write_bytes(b" " * (LARGEST_FILE_BYTES + 1))
    assert "longer than" in refusal(long)
    assert "cannot be opened: No such file" in refusal(tmp_path / "absent.json")
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    assert "give the files themselves" in refusal(tmp_path / "empty")


@pytest.mark.parametrize("text", ["a" + ".a" * 5_000 + " = 1", "mqtt = " + "[" * 5_000, "a = 1" + "0" * 5_000])
def test_toml_that_is_nested_or_long_beyond_measure_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(write(tmp_path, "x.toml", text))


def test_a_flood_of_keys_is_not_a_flood_of_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", {"gateway_conf": {f"key{n}": n for n in range(10_000)}})
    imported = import_configuration([path])
    assert len(imported.notes) == MOST_NOTES
    assert imported.unsaid == 10_000 - MOST_NOTES


def test_what_moves_the_cursor_is_shown_as_what_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", {"gateway_conf": {"\x1b[2J\r\nkey": 1, "stat_interval": "\x1b[2J"}})
    imported = import_configuration([path])
    assert all(note.isprintable() for note in imported.notes)
    assert "\x1b" not in imported.text
