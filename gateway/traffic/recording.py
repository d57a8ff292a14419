"""A file of traffic, read line by line: text or gzip, as long as it likes, no line longer than is reasonable."""

import gzip
import itertools
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import msgspec

from gateway.traffic.line import HeardFrame, LineError, Lost, read_line

# A frame heard by a hundred gateways needs some 15,000 bytes.
LONGEST_LINE_BYTES = 65_536
GZIP_MAGIC = b"\x1f\x8b"
MISTAKES_KEPT = 10


class Tally(msgspec.Struct):
    """What a file came to, so far.

    `lost` frames were heard by the recorder and not written. `mistakes` is the number of those that were passed over,
    of which the first few are kept. `cut_short` says that the recording ends in the middle of a line.
    """

    frames: int = 0
    lost: int = 0
    mistakes: int = 0
    first_mistakes: list[LineError] = []
    cut_short: bool = False

    def count_mistake(self, mistake: LineError) -> None:
        """One line more that could not be read."""
        self.mistakes += 1
        if len(self.first_mistakes) < MISTAKES_KEPT:
            self.first_mistakes.append(mistake)


def read_traffic(path: Path, tally: Tally | None = None) -> Iterator[HeardFrame]:
    """The frames of a file, in its order; plain or gzip, whatever its name.

    Mistakes are counted in the tally and their lines passed over. Without a tally the first one is raised.

    Raises:
        OSError: the file cannot be read.
        LineError: a mistake, where there is no tally.
    """
    kept = Tally() if tally is None else tally
    with path.open("rb") as file:
        for heard in _read_lines(_unpacked(file), kept):
            match heard:
                case HeardFrame():
                    kept.frames += 1
                    yield heard
                case Lost():
                    kept.lost += heard.lost
                case LineError():
                    if tally is None:
                        raise heard
                    kept.count_mistake(heard)


def _unpacked(file: BufferedReader) -> BufferedReader | gzip.GzipFile:
    is_gzip = file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
    return gzip.GzipFile(fileobj=file, mode="rb") if is_gzip else file


def _read_lines(file: BufferedReader | gzip.GzipFile, tally: Tally) -> Iterator[HeardFrame | Lost | LineError]:
    """What each line says; a line that is empty says nothing."""
    for number in itertools.count(1):
        try:
            line = file.readline(LONGEST_LINE_BYTES + 1)
            too_long = len(line) > LONGEST_LINE_BYTES
            if too_long:
                _pass_over_rest(file, line)
        except EOFError:
            # gzip without its end: the lines before are whole.
            tally.cut_short = True
            return
        except (gzip.BadGzipFile, zlib.error):
            yield LineError("", "the compressed data are damaged from here on", number)
            return
        if not line:
            return
        if too_long:
            yield LineError("", f"is longer than {LONGEST_LINE_BYTES} bytes", number)
        elif not line.isspace():
            yield from _read_one(line, number, tally)


def _read_one(line: bytes, number: int, tally: Tally) -> Iterator[HeardFrame | Lost | LineError]:
    try:
        yield read_line(line)
    except LineError as error:
        if error.key or line.endswith(b"\n"):
            yield LineError(error.key, error.reason, number)
        else:
            # Half a line at the end of a recording that was cut short is no mistake.
            tally.cut_short = True


def _pass_over_rest(file: BufferedReader | gzip.GzipFile, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(LONGEST_LINE_BYTES)
