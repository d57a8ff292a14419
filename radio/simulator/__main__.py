"""`python -m radio.simulator`: a simulated concentrator served on a Unix socket."""

import argparse
import sys
from collections.abc import Sequence

from radio.simulator.baseband import ChipModel
from radio.simulator.concentrator import DEFAULT_EUI, SimulatedConcentrator
from radio.simulator.socket_server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; 0 then, 1 if the socket cannot be opened."""
    options = _parser().parse_args(arguments)
    chip = SimulatedConcentrator(ChipModel[options.model.upper()], options.eui)
    try:
        serve(chip, options.socket)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"cannot serve on {options.socket}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m radio.simulator", description=__doc__)
    parser.add_argument("--socket", required=True, metavar="PATH", help="where to listen")
    parser.add_argument("--model", choices=["sx1302", "sx1303"], default="sx1302", help="default: sx1302")
    parser.add_argument(
        "--eui", type=_eui, default=DEFAULT_EUI, metavar="HEX", help="the chip's EUI, 16 hexadecimal digits"
    )
    return parser


def _eui(text: str) -> int:
    value = int(text, 16)
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{text}: an EUI has 64 bits")
    return value


if __name__ == "__main__":
    sys.exit(main())
