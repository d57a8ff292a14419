"""The seam between what is to be told and a way to tell it."""

from typing import Protocol

from gateway.notices.notice import Message

LONGEST_REASON = 160


class ChannelError(Exception):
    """A message was not taken, as far as is known. The text is for the maintainer, and holds no secret.

    `is_refusal`: the other side will hardly take it the next time either. `wait_s`: how long it asked to be left alone.
    """

    def __init__(self, reason: str, *, is_refusal: bool = False, wait_s: float = 0) -> None:
        super().__init__(printable(reason))
        self.is_refusal = is_refusal
        self.wait_s = wait_s


class Channel(Protocol):
    """Sends one message. It blocks, and is called from several threads."""

    def send(self, message: Message, address: str, unix_s: int | None) -> None:
        """Give it away. `unix_s` is the time, None where it is not sure.

        Raises:
            ChannelError: it was not taken; any other exception is a bug.
        """


def printable(text: str) -> str:
    """What another machine said, so that it can stand in a log."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]}\N{HORIZONTAL ELLIPSIS}"
