"""What the daemon tells of itself: one line an event, for a person or for a journal."""

import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway import journal

# Priorities that systemd reads from the head of a line: sd-daemon(3).
JOURNAL_PRIORITIES: Mapping[str, int] = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
PLAIN_TYPES = (str, int, float, bool, type(None))
DEBUG = "debug"
LEVELS = logging.getLevelNamesMapping()
TIMESTAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)

_CALL_SITE = structlog.processors.CallsiteParameterAdder(
    [
        structlog.processors.CallsiteParameter.PATHNAME,
        structlog.processors.CallsiteParameter.LINENO,
        structlog.processors.CallsiteParameter.FUNC_NAME,
    ],
    additional_ignores=[__name__, "logging"],
)


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


class Writer(Protocol):
    """Where what was rendered goes. Never fails."""

    def msg(self, rendered: Any) -> None:
        """Write one event."""


class StreamWriter:
    """Writes lines, and never fails: one that cannot be written is lost, and the next one that can be says so.

    A full disk or a closed pipe must not end a gateway. The methods are those that structlog calls.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0

    def msg(self, line: str) -> None:
        """Write a line, or count it."""
        try:
            if self._lost:
                self._stream.write(f'{{"event": "log lines could not be written", "lost": {self._lost}}}\n')
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._lost += 1
        else:
            self._lost = 0

    debug = info = warning = error = critical = exception = log = msg


class _Adopted(logging.Handler):
    """What the standard library logs, in the same form to the same place."""

    def __init__(self, processors: Sequence[Processor], writer: Writer) -> None:
        super().__init__()
        self._processors = processors
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            told: Any = {"event": record.getMessage(), "logger": record.name}
            if record.exc_info:
                told["exc_info"] = record.exc_info
            for process in self._processors:
                told = process(None, record.levelname.lower(), told)
        except Exception:  # noqa: BLE001 - as every handler of the standard library
            self.handleError(record)
        else:
            self._writer.msg(told)


def configure_logging(
    level: str, style: str = "auto", stream: TextIO | None = None, journal_path: str = journal.SOCKET_PATH
) -> LevelSwitch:
    """Send structured events, and those of the standard library, to `stream`, standard error if there is one.

    `style` is "json", "text", or "auto": where systemd's journal reads the stream, straight to the journal with each
    key as a field; text on a terminal, JSON lines elsewhere. An exception that nobody caught is logged like the rest.
    """
    stream = stream or sys.stderr or io.StringIO()
    is_journal = _is_journal(stream)
    switch = LevelSwitch(level)
    shared: list[Processor] = [structlog.processors.add_log_level, plain_values_only]
    if is_journal and style == "auto" and journal.is_there(journal_path):
        writer = journal.JournalWriter(journal_path)
        _configure(switch, [place, *shared], [structlog.processors.format_exc_info, journal_entry], writer)
    else:
        _configure(switch, [TIMESTAMP, *shared], _rendering(style, stream, is_journal=is_journal), StreamWriter(stream))
    sys.excepthook = _log_uncaught
    return switch


def _rendering(style: str, stream: TextIO, *, is_journal: bool) -> list[Processor]:
    as_text = style == "text" or (style == "auto" and stream.isatty() and not is_journal)
    render: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    if is_journal:
        render.append(prefix_priority)
    return render


def _configure(switch: LevelSwitch, shared: list[Processor], render: list[Processor], writer: Writer) -> None:
    structlog.configure(
        processors=[switch, *shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=lambda *_names: writer,
    )
    logging.getLogger().handlers = [_Adopted([*shared, *render], writer)]


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


def place(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Where in the program something grave is told, for the journal's CODE_FILE, CODE_LINE and CODE_FUNC."""
    return _CALL_SITE(logger, method, event) if LEVELS[method.upper()] >= logging.WARNING else event


def journal_entry(_logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    """The event as the journal takes it."""
    return journal.entry(JOURNAL_PRIORITIES.get(method, 6), event)


def _is_journal(stream: TextIO) -> bool:
    """Whether systemd reads `stream`: systemd.exec(5), JOURNAL_STREAM."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log: Callable[..., None] = structlog.get_logger().critical
    log("internal error; please report it", exc_info=(kind, error, trace))
