"""`candelabre policy keygen PREFIX`."""

import argparse
import os
import sys
from pathlib import Path

from gateway.exit_status import ExitStatus
from gateway.policy.source.signature import SigningKey

DEFAULT_NAME = "host"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    meaning = f"where to write PREFIX.key.pem and PREFIX.pub.pem; of a directory, its {DEFAULT_NAME}.key.pem and …"
    parser.add_argument("prefix", type=Path, metavar="PREFIX", help=meaning)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Make a pair of keys. What exists is never overwritten: a key that is lost cannot be made again."""
    prefix: Path = options.prefix / DEFAULT_NAME if options.prefix.is_dir() else options.prefix
    private, public = (prefix.with_name(f"{prefix.name}.{kind}.pem") for kind in ("key", "pub"))
    key = SigningKey.generate()
    try:
        if public.exists():
            raise FileExistsError(None, "File exists", str(public))
        _write_new(private, key.as_pem(), 0o600)
        _write_new(public, key.public.as_pem(), 0o644)
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(f"{private}: the private key, which signs. Keep it off the gateway, and let nobody else read it.")
    print(f"{public}: the public key {key.public.key_id}, for policy.host_keys in gateway.toml.")
    return ExitStatus.OK


def _write_new(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
