"""What a gateway keeps of its policies, for commands that are run beside it."""

from collections.abc import Sequence
from pathlib import Path

from gateway.policy.source.keeper import Kept
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.policy.source.signature import HostKey


class NotPermittedError(Exception):
    """Whoever runs the command may not see what the gateway keeps; the text says what to do."""


def load_kept(state_dir: Path, keys: Sequence[HostKey]) -> tuple[Kept, tuple[str, ...]]:
    """What is kept, and what of it is damaged.

    Raises:
        NotPermittedError: it may not be read.
    """
    store = PolicyStore(store_directory(state_dir))
    try:
        store.require_readable()
    except PermissionError as error:
        raise NotPermittedError(f"{error.filename}: may not be read: run this command with sudo") from error
    return store.load(keys)
