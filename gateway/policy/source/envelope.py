"""Document and signature in one MQTT message, so that they cannot arrive one without the other."""

import msgspec

from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES

# As much again for what JSON escapes: line ends, quotes.
LARGEST_MESSAGE_BYTES = 2 * LARGEST_DOCUMENT_BYTES


class EnvelopeError(Exception):
    """A message that is no envelope; the text says why."""


class Envelope(msgspec.Struct, frozen=True):
    """What a message carries: a document's text, and its signature as it is kept."""

    document: str
    signature: str


def seal(document: bytes, signature: bytes) -> bytes:
    """A message.

    Raises:
        EnvelopeError: the document is no UTF-8 text.
    """
    try:
        return msgspec.json.encode(Envelope(document.decode(), signature.decode("ascii").strip()))
    except UnicodeDecodeError as error:
        raise EnvelopeError("the document is not UTF-8 text") from error


def unseal(message: bytes) -> tuple[bytes, bytes]:
    """The document of a message, byte for byte as it was signed, and its signature as it is kept.

    Raises:
        EnvelopeError: the message is none of ours, or too large.
    """
    if len(message) > LARGEST_MESSAGE_BYTES:
        raise EnvelopeError(f"a message of {len(message)} bytes: {LARGEST_MESSAGE_BYTES} at most")
    try:
        envelope = msgspec.json.decode(message, type=Envelope)
        return envelope.document.encode(), envelope.signature.encode()
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise EnvelopeError('not JSON with "document" and "signature", both text') from error
