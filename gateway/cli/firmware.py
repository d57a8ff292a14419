"""`candelabre firmware import PATH`."""

import argparse
import re
import sys
from pathlib import Path

from gateway.config.sections import GatewaySection
from gateway.exit_status import ExitStatus
from radio.errors import FirmwareError
from radio.sx1302.firmware import import_firmware


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    summary = "take the images from Semtech's sx1302_hal, release V2.1.0"
    take = actions.add_parser("import", help=summary, description=summary)
    take.add_argument("path", type=Path, metavar="PATH", help="its directory, its .tar.gz or .zip, or raw images")
    default = GatewaySection().state_dir
    take.add_argument("--state-dir", type=Path, default=Path(default), metavar="DIR", help=f"default: {default}")
    take.add_argument(
        "--allow",
        action="append",
        type=_digest,
        default=[],
        metavar="SHA256",
        help="take an image with this digest too; may repeat",
    )


def execute(options: argparse.Namespace) -> ExitStatus:
    """Install the images where `run` finds them, and say which were taken."""
    try:
        taken = import_firmware(options.path, options.state_dir, options.allow)
    except (FirmwareError, OSError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    for image, source in taken.items():
        print(f"{image}: taken from {source}")
    print(f"installed in {options.state_dir}")
    return ExitStatus.OK


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        raise argparse.ArgumentTypeError(f"{text[:80]} is not a SHA-256: 64 hexadecimal digits")
    return text
