"""Free text as errors and other parties write it, without devices and addresses. Pure."""

import re

LONGEST = 300
DEVICE, ADDRESS = "<device>", "<address>"

# A mail server quotes the recipient that it refuses, a mistake in a policy the value that is wrong.
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
_MAIL = re.compile(r'(?:"[^"\n]*"|[^\s<>()"\',;:=]*)@[^\s<>()"\',;]+')
# DevAddr, EUI or device key, with or without separators. Serials may be dates, and the host's own keys are public.
_KEPT = r"serial [0-9]+|policy\.host_keys(?: are)? \(?[0-9a-f]{8}(?:, [0-9a-f]{8})*|\bby key [0-9a-f]{8}"
_DEVICE = r"(?:0[xX])?(?:[0-9A-Fa-f]{8,}|[0-9A-Fa-f]{2}(?:[-:][0-9A-Fa-f]{2}){3,})"
_IDENTITY = re.compile(rf"(?:(?P<kept>{_KEPT})|(?<![0-9A-Za-z]){_DEVICE})(?![0-9A-Za-z])")


def discreet(text: str) -> str:
    """On one line of printable characters, without addresses of mail and web, EUIs, DevAddrs and keys of devices."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    line = _MAIL.sub(ADDRESS, _URL.sub(ADDRESS, line))
    line = _IDENTITY.sub(lambda found: DEVICE if found["kept"] is None else found[0], line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def closed(text: str) -> str:
    """The end of a sentence, whether its author closed it or not."""
    return text if text[-1:] in tuple(".!?…") else f"{text}."


def discreet_or_none(text: str | None) -> str | None:
    """The same of what may be missing."""
    return None if text is None else discreet(text)
