"""`candelabre run --config PATH`."""

import argparse
import asyncio
import gc
import signal
import sys
from pathlib import Path

import structlog

from gateway import app
from gateway.cli.event_loop import run_until_stopped
from gateway.config import Config, ConfigError, load_config
from gateway.exit_status import ExitStatus
from gateway.log import LevelSwitch, configure_logging
from gateway.state_lock import locked
from radio.errors import FirmwareError, PlanError, RadioError

# A tenth of Python's own: how long one thread may keep another waiting for the interpreter.
SWITCH_INTERVAL_S = 0.0005
DEFAULT_CONFIG = Path("/etc/candelabre/gateway.toml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )


def execute(options: argparse.Namespace) -> ExitStatus:
    """Run the gateway until it is stopped."""
    try:
        config = load_config(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    level = configure_logging(config.log.level, config.log.format)
    _be_punctual()
    status = ExitStatus.OK
    try:
        run_until_stopped(_run(config, level))
    except* (ConfigError, PlanError, FirmwareError) as errors:
        status = ExitStatus.CONFIGURATION
        _tell(errors)
    except* RadioError as errors:
        status = ExitStatus.RADIO
        _tell(errors)
    return status


def _be_punctual() -> None:
    """Keep the interpreter from holding up the radio's thread, which has downlinks to program to the millisecond."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # What is loaded by now stays: a collection that looks at all of it stops every thread for 10 ms and more.
    gc.collect()
    gc.freeze()


async def _run(config: Config, level: LevelSwitch) -> None:
    # By the event loop: a plain signal handler could come in the middle of a line of the log, and wait for its lock.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, level.toggle_debug)
    with locked(Path(config.gateway.state_dir)):
        await app.run(config, set_level=level.set)


def _tell(errors: BaseExceptionGroup[ConfigError | RadioError]) -> None:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            _tell(error)
        else:
            structlog.get_logger().critical("the gateway cannot work", reason=error)
