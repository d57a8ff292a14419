"""`candelabre policy sign FILE --key PEM`."""

import argparse
import sys
from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from gateway.exit_status import ExitStatus
from gateway.policy.source.envelope import EnvelopeError, seal
from gateway.policy.source.host_keys import load_signing_key
from gateway.policy.source.policy_file import UnreadableError, read_regular_file, signature_path_of
from gateway.policy.source.signature import signature_text
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES, read_policy
from radio.atomic_file import write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, metavar="FILE", help="the policy; its signature is written to FILE.sig")
    parser.add_argument("--key", type=Path, required=True, metavar="PEM", help="the host's private key")
    message = "also write both as one MQTT message, to be published to policy.topic, retained"
    parser.add_argument("--message", type=Path, metavar="OUT", help=message)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Sign a policy that is free of mistakes."""
    try:
        document = read_document(options.path)
        policy = read_policy(document, str(options.path))
        key = load_signing_key(options.key)
        signature = signature_text(key.sign(document))
        message = None if options.message is None else seal(document, signature)
        write_atomically(signature_path_of(options.path), signature)
        if message is not None:
            write_atomically(options.message, message)
    except (ConfigError, EnvelopeError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(f"{signature_path_of(options.path)}: serial {policy.serial}, signed by key {key.public.key_id}.")
    if message is not None:
        print(f"{options.message}: a message of {len(message)} bytes for policy.topic.")
    return ExitStatus.OK


def read_document(path: Path) -> bytes:
    """A policy's bytes, which are what is signed. Raises ConfigError where there are none to be read."""
    try:
        document = read_regular_file(path, LARGEST_DOCUMENT_BYTES, follow_links=True)
    except UnreadableError as error:
        raise ConfigError(str(path), [Problem("", None, str(error))]) from error
    if document is None:
        raise ConfigError(str(path), [Problem("", None, "there is no such file")])
    return document
