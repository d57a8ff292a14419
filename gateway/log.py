"""What the daemon tells of itself: one line an event, for a person or for a journal."""

import io
import logging
import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Priorities that systemd reads from the head of a line: sd-daemon(3).
JOURNAL_PRIORITIES: Mapping[str, int] = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
PLAIN_TYPES = (str, int, float, bool, type(None))
DEBUG = "debug"
LEVELS = logging.getLevelNamesMapping()


class LevelSwitch:
    """The level in force, which can be changed while the daemon runs.

    The level is a processor and not a class of logger, because loggers that are bound already must follow.
    """

    def __init__(self, level: str) -> None:
        self._configured = level
        self.set(level)

    def set(self, level: str) -> None:
        """Log this level and what is graver from now on."""
        self.level = level
        self._number = LEVELS[level.upper()]
        logging.getLogger().setLevel(self._number)

    def toggle_debug(self) -> None:
        """Go to debug, or back to what the configuration says."""
        self.set(self._configured if self.level == DEBUG else DEBUG)
        structlog.get_logger().warning("log level changed", now=self.level)

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Drop an event below the level in force; a structlog processor."""
        if LEVELS[method.upper()] < self._number:
            raise structlog.DropEvent
        return event


class LogStream:
    """A stream that never fails: a line that cannot be written is lost, and the next one that can be says so.

    A full disk or a closed pipe must not end a gateway.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0

    def write(self, text: str) -> int:
        """Write a line, or count it."""
        try:
            if self._lost:
                self._stream.write(f'{{"event": "log lines could not be written", "lost": {self._lost}}}\n')
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._lost += 1
        else:
            self._lost = 0
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


def configure_logging(level: str, style: str = "auto", stream: TextIO | None = None) -> LevelSwitch:
    """Send structured events, and those of the standard library, to `stream`, standard error if there is one.

    `style` is "json", "text", or "auto": text on a terminal, JSON lines elsewhere. An exception that nobody
    caught is logged like the rest.
    """
    stream = stream or sys.stderr or io.StringIO()
    journal = _is_journal(stream)
    as_text = style == "text" or (style == "auto" and stream.isatty() and not journal)
    render: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    if journal:
        render.append(prefix_priority)
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        plain_values_only,
    ]
    switch = LevelSwitch(level)
    structlog.configure(
        processors=[switch, *shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, LogStream(stream))),
    )
    _adopt_standard_library(shared, render, stream)
    sys.excepthook = _log_uncaught
    return switch


def plain_values_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let through text and numbers only: payloads must not reach a log by way of an object's repr."""
    return {key: value if key == "exc_info" else _plain(value) for key, value in event.items()}


def _plain(value: object) -> object:
    match value:
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case BaseException() | os.PathLike():
            return str(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case _ if isinstance(value, PLAIN_TYPES):
            return value
        case _:
            return f"<{type(value).__name__}>"


def prefix_priority(_logger: WrappedLogger, method: str, line: object) -> str:
    """Tell the journal how grave a line is, so that `journalctl -p warning` works."""
    return f"<{JOURNAL_PRIORITIES.get(method, 6)}>{line}"


def _is_journal(stream: TextIO) -> bool:
    """Whether systemd reads `stream`: systemd.exec(5), JOURNAL_STREAM."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _adopt_standard_library(shared: list[Processor], render: list[Processor], stream: TextIO) -> None:
    handler = logging.StreamHandler(LogStream(stream))
    remove_meta: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[remove_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log: Callable[..., None] = structlog.get_logger().critical
    log("internal error; please report it", exc_info=(kind, error, trace))
