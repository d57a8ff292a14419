"""`candelabre evidence key`."""

import argparse
import sys
from pathlib import Path

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import ConfigError, load_config
from gateway.config.problems import Problem
from gateway.exit_status import ExitStatus
from gateway.link.evidence.gateway_key import FILE, load_gateway_key
from gateway.policy.source.signature import SigningKey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_config_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print the public key. The gateway makes the key, as its own user, when it keeps evidence for the first time."""
    try:
        key, _ = configured_key(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(key.public.as_pem().decode(), end="")
    return ExitStatus.OK


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """The option that says whose evidence it is."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )


def configured_key(config: Path) -> tuple[SigningKey, Path]:
    """The key of the gateway of a gateway.toml, and its state directory. Raises ConfigError where there is none."""
    state_dir = Path(load_config(config).gateway.state_dir)
    key = load_gateway_key(state_dir)
    if key is None:
        reason = "there is no key yet: the gateway makes it when it keeps evidence for the first time"
        raise ConfigError(str(state_dir / FILE), [Problem("", None, reason)])
    return key, state_dir
