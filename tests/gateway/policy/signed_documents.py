"""Small policies, signed; and the times at which they are valid."""

from gateway.policy.source.keeper import Offer
from gateway.policy.source.signature import SigningKey, signature_text

HOST = SigningKey.generate()
OTHER = SigningKey.generate()
KEYS = (HOST.public,)

# 2026-01-01 and 2027-01-01, midnight UTC, in the document's own time zone.
BEGINS_UNIX_S = 1_767_225_600
ENDS_UNIX_S = 1_798_761_600
VALID_UNIX_S = BEGINS_UNIX_S + 86_400


def document(serial: int = 1, first: str = "2026-01-01", last: str = "2026-12-31", name: str = "Métropole") -> bytes:
    """A policy with one depositor; its last day is valid to the end."""
    return f"""\
candelabre_policy = 1
serial = {serial}
valid_from = {first}
valid_until = {last}
timezone = "UTC"

[convention]
identity = "2026-01"
host = "Ville"
begins = 2020-01-01
ends = 2050-12-31

[unknown]
action = "refuse"

[[depositor]]
id = "metropole"
name = "{name}"
mode = "enforce"

[[depositor.group]]
id = "water"
name = "Water meters"
dev_euis = ["70B3D57ED0000001"]
""".encode()


def signed(content: bytes, key: SigningKey = HOST, source: str = "test") -> Offer:
    """An offer of a document with its good signature."""
    return Offer(source, content, signature_text(key.sign(content)))
