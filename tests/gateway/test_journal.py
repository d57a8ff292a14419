"""What the journal is given: entries with fields, over its own socket."""

import array
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gateway.journal import LONGEST_NAME, JournalWriter, entry, field_name, is_there, message

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
LOGS = """
import logging, os, sys
from gateway.log import configure_logging
configure_logging({level!r}, {style!r}, journal_path={path!r})
import structlog
log = structlog.get_logger()
{code}
"""


class Journal:
    """journald's end of its socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE_S)

    def entry(self) -> Mapping[str, str]:
        """The next entry, read as journald reads it; from the file that was passed, where it is one."""
        data, passed, _, _ = self._socket.recvmsg(1 << 20, socket.CMSG_SPACE(array.array("i").itemsize))
        for _, _, raw in passed:
            descriptors = array.array("i")
            descriptors.frombytes(raw)
            with os.fdopen(descriptors[0], "rb") as file:
                data = os.pread(file.fileno(), 1 << 30, 0)
        return fields(data)

    def entries(self, count: int) -> list[Mapping[str, str]]:
        """So many entries."""
        return [self.entry() for _ in range(count)]

    def close(self) -> None:
        """It is gone, and its socket with it."""
        self._socket.close()
        self.path.unlink()


def fields(data: bytes) -> Mapping[str, str]:
    """The two forms of a field: NAME=value, and NAME, then the value framed by its length."""
    read = {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + length], rest[8 + length + 1 :]
        read[name.decode()], data = value.decode(), rest
    return read


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    served = Journal(tmp_path / "journal")
    yield served
    if served.path.exists():
        served.close()


def logged(path: Path, code: str, style: str = "auto", level: str = "info") -> subprocess.CompletedProcess[str]:
    """What a service of systemd writes to standard error, which the journal reads, when it logs."""
    read, write = os.pipe()
    pipe = os.fstat(write)
    environment = os.environ | {"JOURNAL_STREAM": f"{pipe.st_dev}:{pipe.st_ino}"}
    script = LOGS.format(path=str(path), code=code, style=style, level=level)
    done = subprocess.run(
        [sys.executable, "-c", script], stderr=write, cwd=ROOT, env=environment, check=False, timeout=PATIENCE_S
    )
    os.close(write)
    with os.fdopen(read) as output:
        return subprocess.CompletedProcess(done.args, done.returncode, stderr=output.read())


def test_each_key_is_a_field_that_can_be_searched_for(journal: Journal) -> None:
    done = logged(journal.path, 'log.bind(server="main").info("server answers", silent_s=31.5, is_late=True)')
    told = journal.entry()
    assert told["CANDELABRE_EVENT"] == "server answers"
    assert told["CANDELABRE_SERVER"] == "main"
    assert (told["CANDELABRE_SILENT_S"], told["CANDELABRE_IS_LATE"]) == ("31.5", "true")
    assert done.stderr == ""


def test_the_message_is_for_people(journal: Journal) -> None:
    logged(journal.path, 'log.info("server is silent", server="main", reason="no answer")')
    told = journal.entry()
    assert told["MESSAGE"] == 'server is silent server=main reason="no answer"'
    assert told["SYSLOG_IDENTIFIER"] == "candelabre"


def test_a_backend_is_found_as_the_server_that_it_is(journal: Journal) -> None:
    logged(journal.path, 'log.bind(backend="main").info("server answers")')
    assert journal.entry()["CANDELABRE_SERVER"] == "main"


def test_how_grave_it_is_is_the_priority(journal: Journal) -> None:
    code = "\n".join(f'log.{level}("x")' for level in ("debug", "info", "warning", "error", "critical"))
    logged(journal.path, code, level="debug")
    assert [told["PRIORITY"] for told in journal.entries(5)] == ["7", "6", "4", "3", "2"]


def test_what_is_grave_tells_where_in_the_program(journal: Journal) -> None:
    logged(journal.path, 'def f():\n    log.warning("odd")\nf()\nlog.info("usual")')
    odd, usual = journal.entries(2)
    assert (odd["CODE_FUNC"], odd["CODE_FILE"]) == ("f", "<string>")
    assert int(odd["CODE_LINE"]) > 0
    assert not [name for name in usual if name.startswith("CODE_")]


def test_the_standard_librarys_log_goes_there_too(journal: Journal) -> None:
    logged(journal.path, 'logging.getLogger("asyncio").warning("slow by %s ms", 3)')
    told = journal.entry()
    assert (told["CANDELABRE_EVENT"], told["PRIORITY"]) == ("slow by 3 ms", "4")
    assert told["CANDELABRE_LOGGER"] == "asyncio"


def test_an_exception_that_nobody_caught_is_told_with_its_lines(journal: Journal) -> None:
    done = logged(journal.path, 'raise ValueError("unforeseen")')
    told = journal.entry()
    first, *rest = told["MESSAGE"].splitlines()
    assert first == "internal error; please report it"
    assert rest[-1] == "ValueError: unforeseen"
    assert (told["PRIORITY"], done.returncode) == ("2", 1)


def test_payloads_do_not_reach_the_journal(journal: Journal) -> None:
    logged(journal.path, 'log.info("packet", payload=b"\\xca\\xfe", seen=[b"cafe"], held={"key": bytearray(b"cafe")})')
    told = journal.entry()
    assert told["CANDELABRE_PAYLOAD"] == "<2 bytes>"
    assert "cafe" not in str(told)


def test_an_entry_that_is_too_long_for_a_datagram_arrives_whole(journal: Journal) -> None:
    logged(journal.path, 'log.info("long", text="é" * 1_000_000)')
    assert journal.entry()["CANDELABRE_TEXT"] == "é" * 1_000_000


def test_without_the_journals_socket_lines_go_to_standard_error(tmp_path: Path) -> None:
    done = logged(tmp_path / "nobody", 'log.warning("hello")')
    assert done.stderr.startswith("<4>{")


@pytest.mark.parametrize(("style", "begins"), [("json", "<4>{"), ("text", "<4>")])
def test_another_form_that_is_configured_is_kept(journal: Journal, style: str, begins: str) -> None:
    assert logged(journal.path, 'log.warning("hello")', style).stderr.startswith(begins)


def test_what_is_not_read_by_the_journal_does_not_go_there(journal: Journal) -> None:
    script = LOGS.format(path=str(journal.path), code='log.info("hello")', style="auto", level="info")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert b'"event": "hello"' in done.stderr


def test_a_journal_that_is_restarted_is_told_how_much_it_missed(journal: Journal) -> None:
    writer = JournalWriter(str(journal.path))
    writer.msg(entry(6, {"event": "before"}))
    assert journal.entry()["MESSAGE"] == "before"
    journal.close()
    writer.msg(entry(6, {"event": "lost"}))
    writer.msg(entry(6, {"event": "lost"}))
    anew = Journal(journal.path)
    writer.msg(entry(6, {"event": "after"}))
    told, after = anew.entries(2)
    anew.close()
    writer.close()
    assert (told["CANDELABRE_LOST"], after["MESSAGE"]) == ("2", "after")


def test_a_journal_that_does_not_read_is_waited_for_once(journal: Journal) -> None:
    writer = JournalWriter(str(journal.path))
    for _ in range(10_000):
        writer.msg(entry(6, {"event": "much"}))
    writer.close()


def test_a_path_that_is_no_socket_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not is_there(str(tmp_path / "file"))
    assert not is_there(str(tmp_path / "nothing"))


def test_a_value_of_several_lines_is_framed_by_its_length() -> None:
    assert fields(entry(6, {"event": "x", "mistakes": "one\ntwo=2\n"}))["CANDELABRE_MISTAKES"] == "one\ntwo=2\n"


def test_nothing_in_a_value_makes_another_field() -> None:
    told = fields(entry(6, {"event": "x", "name": "main\nPRIORITY=0\nMESSAGE=forged"}))
    assert (told["PRIORITY"], told["CANDELABRE_NAME"]) == ("6", "main\nPRIORITY=0\nMESSAGE=forged")


@pytest.mark.parametrize(
    ("key", "name"),
    [("server", "CANDELABRE_SERVER"), ("temperature °c", "CANDELABRE_TEMPERATURE__C"), ("lineno", "CODE_LINE")],
)
def test_names_are_those_that_the_journal_takes(key: str, name: str) -> None:
    assert field_name(key) == name


def test_a_long_name_is_cut() -> None:
    assert len(field_name("a" * 200)) == LONGEST_NAME


def test_what_is_not_known_is_left_out() -> None:
    assert message({"event": "gateway listens", "name": None}) == "gateway listens"
    assert "CANDELABRE_NAME" not in fields(entry(6, {"event": "gateway listens", "name": None}))


def test_what_could_be_misread_is_quoted() -> None:
    assert message({"event": "x", "reason": 'a "b"', "empty": "", "list": [1, 2]}) == (
        'x reason="a \\"b\\"" empty="" list="[1, 2]"'
    )
