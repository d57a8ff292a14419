"""`candelabre config check PATH`."""

import argparse
import sys
from pathlib import Path

from gateway.config import Config, ConfigError, load_config
from gateway.config.radio_board import BoardShare, board_cautions
from gateway.config.routes_section import route_cautions
from gateway.exit_status import ExitStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, metavar="PATH", help="the file to check")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print every mistake and where it is, or what the file comes to and what in it is perhaps not meant."""
    try:
        config = load_config(options.path)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(f"{options.path}: correct. {_summary(config)}")
    if config.board_share is not None:
        print(f"{options.path}: {_of_board(config.board_share)}")
    cautions = route_cautions(config.routes, [server.name for server in config.servers])
    for caution in (*cautions, *board_cautions(config.board_share, config.radio)):
        print(f"{options.path}: caution: {caution}", file=sys.stderr)
    return ExitStatus.OK


def _summary(config: Config) -> str:
    plan = config.plan
    heard = [f"{sum(channel is not None for channel in plan.channels)} multi-SF channels"]
    heard += ["LoRa single-SF"] if plan.lora_std else []
    heard += ["FSK"] if plan.fsk else []
    servers = ", ".join(f"{server.name} ({server.host})" for server in config.servers)
    return f"Listens to {', '.join(heard)}; forwards to {servers}."


def _of_board(share: BoardShare) -> str:
    brought = [f"{key} = {value}" for key, value in share.filled]
    if share.calibration is not None:
        brought.append(f"the calibration for {share.region}")
    hint = ""
    if share.board.gnss_port is not None:
        ublox = " (ublox = false)" if share.board.gnss_ublox is False else ""
        hint = f" A GNSS receiver, if it carries one, talks on {share.board.gnss_port}{ublox}: [gnss] says so."
    return f"{share.board.title} brings {', '.join(brought) or 'nothing'}.{hint}"
