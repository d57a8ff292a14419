"""What passes as plain lines, one after the other: for a pipe, a file, or a terminal that cannot be drawn over."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from gateway.console.formats import WORDS, clock, say
from gateway.console.lines import Asked, Emitted, Happened, Heard, Line, Untold
from gateway.console.live import Follower
from gateway.console.snapshot import Snapshot
from gateway.console.troubles import verdict
from gateway.console.view import Sent
from gateway.console.watch_lines import downlink_line, event_line, heading, packet_line
from gateway.language import Language

# Wider than a terminal: nobody cuts it.
WIDTH = 132
UP, DOWN, NOTE = "↑", "↓", "*"


class Scroll(Follower):
    """Writes them. The verdict is a line where it is another than before."""

    def __init__(self, language: Language, output: TextIO) -> None:
        self._language = language
        self._words = WORDS[language]
        self._output = output
        self._verdict = ""
        self._is_begun = False

    def take(self, lines: Sequence[Line]) -> None:
        """See `Follower`."""
        for line in lines:
            for text in self._texts(line):
                self._say(text)

    def gone(self) -> None:
        """See `Follower`."""
        self._verdict = ""
        self._say(f"{NOTE} {say(self._words, self._words.watch.gone)}")

    def back(self) -> None:
        """See `Follower`."""
        self._say(f"{NOTE} {say(self._words, self._words.watch.back)}")

    def _texts(self, line: Line) -> Iterator[str]:
        words = self._words
        match line:
            case Heard():
                yield f"{UP} {packet_line(line, words, WIDTH)[0]}"
            case Asked():
                yield f"{DOWN} {downlink_line(Sent(line), words, WIDTH)[0]}"
            case Emitted():
                yield f"{DOWN} {downlink_line(Sent(None, line), words, WIDTH)[0]}"
            case Happened():
                yield f"{NOTE} {event_line(line, words, WIDTH)[0]}"
            case Untold():
                yield f"{NOTE} {say(words, words.watch.untold, count=line.count)}"
            case Snapshot():
                yield from self._of_snapshot(line)
            case _:
                pass

    def _of_snapshot(self, snapshot: Snapshot) -> Iterator[str]:
        text = verdict(snapshot, self._language)
        if text != self._verdict:
            self._verdict = text
            yield f"{NOTE} {clock(snapshot.clock.unix_s)} {text}"

    def _say(self, text: str) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._output.write(f"  {heading(self._words, WIDTH)}\n")
        self._output.write(f"{text}\n")
        self._output.flush()
