"""`candelabre policy sign FILE --key PEM [--message OUT] [--old OLD]`."""

import argparse
import sys
from pathlib import Path

from gateway.cli.policy_file import load_policy, read_document
from gateway.config.problems import ConfigError, Problem
from gateway.exit_status import ExitStatus
from gateway.policy.source.envelope import EnvelopeError, seal
from gateway.policy.source.host_keys import load_signing_key
from gateway.policy.source.policy_file import signature_path_of
from gateway.policy.source.signature import signature_text
from gateway.policy.text.cautions import serial_cautions
from gateway.policy.text.difference import serial_objection
from gateway.policy.text.reading import read_policy
from radio.atomic_file import write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, metavar="FILE", help="the policy; its signature is written to FILE.sig")
    parser.add_argument("--key", type=Path, required=True, metavar="PEM", help="the host's private key")
    message = "also write both as one MQTT message, to be published to policy.topic, retained"
    parser.add_argument("--message", type=Path, metavar="OUT", help=message)
    parser.add_argument("--old", type=Path, metavar="OLD", help="the policy before it, whose serial is compared")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Sign a policy that is free of mistakes."""
    signature_path = signature_path_of(options.path)
    try:
        document = read_document(options.path)
        policy = read_policy(document, str(options.path))
        old = None if options.old is None else load_policy(options.old)
        key = load_signing_key(options.key)
        signature = signature_text(key.sign(document))
        message = None if options.message is None else seal(document, signature)
        if message is not None:
            _require_place(options.message)
        _write(signature_path, signature)
        if message is not None:
            _write(options.message, message)
    except (ConfigError, EnvelopeError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(f"{signature_path}: serial {policy.serial}, signed by key {key.public.key_id}.")
    if message is not None:
        print(f"{options.message}: a message of {len(message)} bytes for policy.topic.")
    objection = None if old is None else serial_objection(old, policy)
    for warning in (*serial_cautions(policy, old), *([] if objection is None else [objection])):
        print(f"Warning: {warning}.")
    return ExitStatus.OK


def _require_place(path: Path) -> None:
    """No directory is made for a name that was perhaps mistyped, and nothing is written before that is seen."""
    if path.is_dir():
        raise ConfigError(str(path), [Problem("", None, "a directory: give the name of a file")])
    if not path.parent.is_dir():
        raise ConfigError(str(path), [Problem("", None, f"there is no directory {path.parent}")])


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        # The file that the error names, if any, is a temporary one.
        raise ConfigError(str(path), [Problem("", None, f"cannot be written: {error.strerror}")]) from error
