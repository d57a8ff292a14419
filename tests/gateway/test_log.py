"""What reaches the log, and in which form."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from gateway.log import configure_logging

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A stream for a log that this test configures; what it changes in the process is put back."""
    hook, handlers, level = sys.excepthook, logging.getLogger().handlers, logging.getLogger().level
    yield io.StringIO()
    sys.excepthook, logging.getLogger().handlers = hook, handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def events(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_where_nobody_watches(stream: io.StringIO) -> None:
    configure_logging("info", stream=stream)
    structlog.get_logger().bind(backend="main").warning("server is silent", silent_s=31.5)
    (event,) = events(stream)
    assert event.pop("timestamp")
    assert event == {"event": "server is silent", "level": "warning", "backend": "main", "silent_s": 31.5}


def test_text_is_for_people(stream: io.StringIO) -> None:
    configure_logging("info", "text", stream)
    structlog.get_logger().info("radio started", model="SX1302")
    assert "radio started" in stream.getvalue()
    assert "model=SX1302" in stream.getvalue()


def test_the_level_can_be_switched_for_loggers_bound_already(stream: io.StringIO) -> None:
    switch = configure_logging("warning", stream=stream)
    logger = structlog.get_logger().bind(backend="main")
    logger.debug("before")
    switch.toggle_debug()
    logger.debug("during")
    switch.toggle_debug()
    logger.info("after")
    assert [event["event"] for event in events(stream)] == ["log level changed", "during", "log level changed"]


@pytest.mark.parametrize("style", ["json", "text"])
def test_payloads_never_reach_the_log(stream: io.StringIO, style: str) -> None:
    class Packet:
        def __repr__(self) -> str:
            return "cafe"

    configure_logging("debug", style, stream)
    structlog.get_logger().debug("packet", payload=b"\xca\xfe", seen=[Packet(), b"cafe"], by={"gw": bytearray(b"cafe")})
    assert "cafe" not in stream.getvalue()
    assert "<2 bytes>" in stream.getvalue()
    assert "<Packet>" in stream.getvalue()


def test_an_exception_is_shown_by_its_message(stream: io.StringIO) -> None:
    configure_logging("info", stream=stream)
    structlog.get_logger().error("radio lost", reason=ValueError("0x00 found"))
    assert events(stream)[0]["reason"] == "0x00 found"


def test_the_standard_librarys_log_takes_the_same_form(stream: io.StringIO) -> None:
    configure_logging("info", stream=stream)
    logging.getLogger("asyncio").warning("slow by %s ms", 3)
    (event,) = events(stream)
    assert (event["event"], event["level"], event["logger"]) == ("slow by 3 ms", "warning", "asyncio")


CRASH = """
from gateway.log import configure_logging
configure_logging("info")
import structlog
structlog.get_logger().warning("hello")
raise ValueError("unforeseen")
"""


def crash(*, under_systemd: bool = False) -> subprocess.CompletedProcess[str]:
    """A process that logs and fails; systemd announces to its services the pipe that its journal reads."""
    read, write = os.pipe()
    pipe = os.fstat(write)
    journal = {"JOURNAL_STREAM": f"{pipe.st_dev}:{pipe.st_ino}"} if under_systemd else {}
    done = subprocess.run(
        [sys.executable, "-c", CRASH], stderr=write, cwd=ROOT, env=os.environ | journal, check=False, timeout=60
    )
    os.close(write)
    with os.fdopen(read) as output:
        return subprocess.CompletedProcess(done.args, done.returncode, stderr=output.read())


def test_an_exception_that_nobody_caught_is_an_event_and_exit_status_1() -> None:
    done = crash()
    first, second = [json.loads(line) for line in done.stderr.splitlines()]
    assert first["event"] == "hello"
    assert second["event"].startswith("internal error")
    assert "ValueError: unforeseen" in second["exception"]
    assert done.returncode == 1


def test_lines_for_the_journal_begin_with_their_priority() -> None:
    first, second = crash(under_systemd=True).stderr.splitlines()
    assert first.startswith("<4>{")
    assert second.startswith("<2>{")


class FailingStream(io.StringIO):
    """A stream on a disk that is full while `full` is set."""

    full = False

    def write(self, text: str, /) -> int:
        """See `io.StringIO.write`."""
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


@pytest.mark.usefixtures("stream")
def test_a_log_that_cannot_be_written_ends_nothing_and_tells_later_how_much_was_lost() -> None:
    failing = FailingStream()
    configure_logging("info", stream=failing)
    log = structlog.get_logger()
    failing.full = True
    log.info("lost")
    logging.getLogger("asyncio").error("lost too, by a handler of its own")
    log.info("lost")
    failing.full = False
    log.info("written")
    told, written = events(failing)
    assert told == {"event": "log lines could not be written", "lost": 3}
    assert written["event"] == "written"


@pytest.mark.usefixtures("stream")
def test_a_closed_stream_and_none_at_all_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    configure_logging("info", stream=closed)
    closed.close()
    structlog.get_logger().info("lost")
    monkeypatch.setattr(sys, "stderr", None)
    configure_logging("info")
    structlog.get_logger().info("lost")
