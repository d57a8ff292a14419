"""`candelabre record [--config PATH] [--output FILE] [--payload] [--duration TIME] [--count N]`."""

import argparse
import os
import re
import socket
import sys
from pathlib import Path

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import ConfigError, load_config
from gateway.exit_status import ExitStatus
from gateway.policy.text.wording import counted
from gateway.traffic.recorder import Ending, GzipOutput, PlainOutput, Recorded, record
from gateway.traffic.stop_request import StopRequest
from gateway.traffic.tap_connection import TapError, connect
from gateway.traffic.tap_socket import Wishes, paths_to_try

GZIP_SUFFIX = ".gz"
# Who sent when is the depositors' business, and the host's.
FILE_MODE = 0o600
S_PER_UNIT = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
DURATIONS = "seconds, or a number with s, m, h or d behind it, such as 90, 15m, 1.5h, 7d"
LONGEST_S = 3_660 * 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"the gateway's; default: {DEFAULT_CONFIG}"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="a new file, compressed if it ends in .gz; default: standard output"
    )
    parser.add_argument("--payload", action="store_true", help="whole frames, with what the applications send")
    parser.add_argument("--duration", type=_seconds, metavar="TIME", help=f"end after that: {DURATIONS}")
    parser.add_argument("--count", type=_frames, metavar="N", help="end after so many frames")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Write down what the running gateway hears, until stopped."""
    try:
        config = load_config(options.config)
        connection = connect(paths_to_try(config.gateway.state_dir, os.environ), Wishes(options.payload))
    except (ConfigError, TapError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    with connection:
        return (
            _record_to_stdout(connection, options) if options.output is None else _record_to_file(connection, options)
        )


def _record_to_stdout(connection: socket.socket, options: argparse.Namespace) -> ExitStatus:
    with StopRequest() as stop:
        output = PlainOutput(sys.stdout.fileno(), stop)
        recorded = record(connection, output, stop, duration_s=options.duration, count=options.count)
    return _tell(recorded, "standard output")


def _record_to_file(connection: socket.socket, options: argparse.Namespace) -> ExitStatus:
    path: Path = options.output
    try:
        # Nothing is written over, and nothing appended to: half a line at the end would spoil what follows.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    except FileExistsError:
        print(f"{path} exists already: remove it, or choose another name", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        print(f"{path} cannot be made: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    try:
        with StopRequest() as stop:
            plain = PlainOutput(descriptor, stop)
            output = GzipOutput(plain) if path.suffix == GZIP_SUFFIX else plain
            recorded = record(connection, output, stop, duration_s=options.duration, count=options.count)
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}", file=sys.stderr)
        return ExitStatus.OUTPUT
    finally:
        os.close(descriptor)
    if recorded.ending is Ending.REFUSED:
        path.unlink()
    return _tell(recorded, str(path))


def _tell(recorded: Recorded, where: str) -> ExitStatus:
    if recorded.ending is Ending.REFUSED:
        print(f"the gateway refuses: {recorded.refusal}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if recorded.ending is Ending.GATEWAY_GONE:
        print("the gateway ended the recording", file=sys.stderr)
    print(f"{counted(recorded.frames, 'frame')} recorded to {where}, {recorded.lost} lost", file=sys.stderr)
    return ExitStatus.RADIO if recorded.ending is Ending.GATEWAY_GONE else ExitStatus.OK


def _seconds(text: str) -> float:
    written = re.fullmatch(r"([0-9]+|[0-9]*\.[0-9]+)([smhd]?)", text, re.ASCII)
    if written is None:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no time: {DURATIONS}")
    seconds = float(written[1]) * S_PER_UNIT[written[2]]
    if not 0 < seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text[:80]}: must be more than 0, and ten years at most")
    return seconds


def _frames(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no number of frames: 1 or more")
    return int(text)
