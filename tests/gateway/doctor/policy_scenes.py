"""What may be wrong with the host's policy, with real keys and signatures."""

from collections.abc import Sequence
from pathlib import Path

from gateway.config.policy_section import PolicySection
from gateway.doctor.fault import Fault
from gateway.doctor.policy import examine_policy
from gateway.doctor.result import CheckResult
from gateway.policy.source.keeper import Kept, consider
from gateway.policy.source.policy_file import signature_path_of
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.policy.source.signature import SigningKey, signature_text
from tests.gateway.doctor.scene import scene
from tests.gateway.policy.signed_documents import (
    BEGINS_UNIX_S,
    ENDS_UNIX_S,
    HOST,
    KEYS,
    OTHER,
    VALID_UNIX_S,
    document,
    signed,
)

Results = Sequence[CheckResult]
DAY_S = 86_400


def section(directory: Path) -> PolicySection:
    """A [policy] with the host's key, whose files lie in a directory."""
    key = directory / "host.pub.pem"
    key.write_bytes(HOST.public.as_pem())
    return PolicySection(when_none_valid="refuse", host_keys=(str(key),), file=str(directory / "policy.toml"))


def published(directory: Path, content: bytes, key: SigningKey = HOST) -> PolicySection:
    """The same, with a document and the signature that a key makes of it."""
    path = directory / "policy.toml"
    path.write_bytes(content)
    signature_path_of(path).write_bytes(signature_text(key.sign(content)))
    return section(directory)


def looked_at(policy: PolicySection, directory: Path, now_unix_s: int = VALID_UNIX_S) -> Results:
    """What doctor says of it at a moment."""
    return [examine_policy(policy, directory / "state", now_unix_s)]


@scene(Fault.POLICY_MISSING)
async def policy_missing(directory: Path) -> Results:
    """No policy.toml."""
    return looked_at(section(directory), directory)


@scene(Fault.POLICY_UNREADABLE)
async def policy_unreadable(directory: Path) -> Results:
    """A well signed document whose serial is a word."""
    content = document().replace(b"serial = 1", b'serial = "one"')
    return looked_at(published(directory, content), directory)


@scene(Fault.POLICY_UNSIGNED)
async def policy_unsigned(directory: Path) -> Results:
    """A policy without its .sig file."""
    policy = published(directory, document())
    signature_path_of(directory / "policy.toml").unlink()
    return looked_at(policy, directory)


@scene(Fault.POLICY_BAD_SIGNATURE)
async def policy_bad_signature(directory: Path) -> Results:
    """A policy that another key signed."""
    return looked_at(published(directory, document(), OTHER), directory)


@scene(Fault.POLICY_OLDER)
async def policy_older(directory: Path) -> Results:
    """Serial 3 after the gateway has followed 7."""
    kept, _ = consider(Kept(), signed(document(serial=7)), KEYS, VALID_UNIX_S)
    store = store_directory(directory / "state")
    store.mkdir(parents=True)
    PolicyStore(store).save(kept)
    return looked_at(published(directory, document(serial=3)), directory)


@scene(Fault.POLICY_ENDED)
async def policy_ended(directory: Path) -> Results:
    """A policy of last year."""
    return looked_at(published(directory, document()), directory, ENDS_UNIX_S + DAY_S)


@scene(Fault.POLICY_NOT_YET)
async def policy_not_yet(directory: Path) -> Results:
    """A policy of next year."""
    return looked_at(published(directory, document()), directory, BEGINS_UNIX_S - DAY_S)


@scene(Fault.POLICY_ENDING)
async def policy_ending(directory: Path) -> Results:
    """Ten days before the policy's end."""
    return looked_at(published(directory, document()), directory, ENDS_UNIX_S - 10 * DAY_S)


@scene(Fault.HOST_KEY_UNREADABLE)
async def host_key_unreadable(directory: Path) -> Results:
    """A private key in the public one's place."""
    policy = published(directory, document())
    (directory / "host.pub.pem").write_bytes(HOST.as_pem())
    return looked_at(policy, directory)
