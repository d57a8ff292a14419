"""Document and signature in one message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.source import envelope
from gateway.policy.source.envelope import EnvelopeError, seal, unseal
from gateway.policy.source.keeper import Accepted, Kept, Offer, consider
from tests.gateway.policy.signed_documents import KEYS, VALID_UNIX_S, document, signed


@given(st.text(), st.text(st.characters(codec="ascii")))
def test_a_document_comes_back_byte_for_byte(text: str, signature: str) -> None:
    assert unseal(seal(text.encode(), signature.encode())) == (text.encode(), signature.strip().encode())


def test_it_is_json_that_any_tool_can_make() -> None:
    offer = signed(document())
    assert offer.signature is not None
    message = json.dumps({"signature": offer.signature.decode(), "document": offer.document.decode(), "note": 1})
    content, signature = unseal(message.encode())
    _, decision = consider(Kept(), Offer("topic", content, signature), KEYS, VALID_UNIX_S)
    assert isinstance(decision, Accepted)


@pytest.mark.parametrize(
    "message",
    [
        *(
            b"",
            b"null",
            b"[]",
            b'"text"',
            b"{}",
            b'{"document": "x"}',
            b'{"document": 1, "signature": "x"}',
            b"\xff\xfe",
        ),
        *(
            b'{"document": "x", "signature": null}',
            b'{"document": "x", "signature": "y"} z',
            b"[" * 100_000,
            b'{"x": ' + b"[" * 100_000,
        ),
        *(b'{"document": "\\ud800", "signature": "x"}', b'{"document": "x\xff", "signature": "x"}', b'{"document": "x'),
    ],
)
def test_what_is_no_envelope_is_refused(message: bytes) -> None:
    with pytest.raises(EnvelopeError, match='not JSON with "document" and "signature"'):
        unseal(message)


def test_a_message_that_is_too_large_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    message = seal(document(), b"signature")
    monkeypatch.setattr(envelope, "LARGEST_MESSAGE_BYTES", len(message))
    unseal(message)
    monkeypatch.setattr(envelope, "LARGEST_MESSAGE_BYTES", len(message) - 1)
    with pytest.raises(EnvelopeError, match=f"a message of {len(message)} bytes"):
        unseal(message)


def test_a_document_that_is_no_text_is_not_sealed() -> None:
    with pytest.raises(EnvelopeError, match="UTF-8"):
        seal(b"\xff", b"")
