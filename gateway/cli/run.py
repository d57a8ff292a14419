"""`candelabre run --config PATH`."""

import argparse
import asyncio
import faulthandler
import gc
import signal
import sys
from pathlib import Path

import structlog

from gateway import app
from gateway.cli.deadline import Deadline
from gateway.cli.event_loop import run_until_stopped
from gateway.cli.rereading import reread
from gateway.config import Config, ConfigError, load_config
from gateway.decommission.refusal import refuse_if_being_erased
from gateway.exit_status import ExitStatus
from gateway.log import LevelSwitch, configure_logging
from gateway.state_lock import locked
from gateway.supervision.service import Service
from gateway.supervision.systemd import ServiceManager, own_service_manager
from radio.errors import FirmwareError, PlanError, RadioError

# A tenth of Python's own: how long one thread may keep another waiting for the interpreter.
SWITCH_INTERVAL_S = 0.0005
GRAVEST_FIRST = (ExitStatus.INTERNAL, ExitStatus.RADIO, ExitStatus.CONFIGURATION)
DEFAULT_CONFIG = Path("/etc/candelabre/gateway.toml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = "SIGTERM stops it, SIGHUP reads the policy again, SIGUSR1 switches debug messages on and off."
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
    manager = own_service_manager()
    level = configure_logging(config.log.level, config.log.format)
    # What systemd's watchdog sends, and a fault in C code, leave their traces in the journal.
    faulthandler.enable()
    _be_punctual()
    deadline = Deadline()
    try:
        run_until_stopped(_run(config, options.config, level, manager, deadline))
    except* (ConfigError, RadioError) as errors:
        _tell(errors)
    return deadline.status


def _be_punctual() -> None:
    """Keep the interpreter from holding up the radio's thread, which has downlinks to program to the millisecond."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # What is loaded by now stays: a collection that looks at all of it stops every thread for 10 ms and more.
    gc.collect()
    gc.freeze()


async def _run(config: Config, path: Path, level: LevelSwitch, manager: ServiceManager, deadline: Deadline) -> None:
    # By the event loop: a plain signal handler could come in the middle of a line of the log, and wait for its lock.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, level.toggle_debug)
    service = Service(manager, lambda: reread(path, config))
    try:
        with locked(Path(config.gateway.state_dir)):
            refuse_if_being_erased(Path(config.gateway.state_dir))
            await app.run(config, set_level=level.set, service=service, told_to_stop=deadline.begin)
    except Exception as error:
        deadline.status = status_of(error)
        raise
    finally:
        # Also where it ends by itself: what is left must not keep it from being started again.
        deadline.begin()


def status_of(error: Exception) -> ExitStatus:
    """How the command ends by an error, or a group of them: the gravest decides, which is one that nobody foresaw."""
    if isinstance(error, ExceptionGroup):
        return min((status_of(one) for one in error.exceptions), key=GRAVEST_FIRST.index)
    if isinstance(error, (ConfigError, PlanError, FirmwareError)):
        return ExitStatus.CONFIGURATION
    return ExitStatus.RADIO if isinstance(error, RadioError) else ExitStatus.INTERNAL


def _tell(errors: BaseExceptionGroup[ConfigError | RadioError]) -> None:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            _tell(error)
        else:
            structlog.get_logger().critical("the gateway cannot work", reason=error)
