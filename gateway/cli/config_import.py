"""`candelabre config import SOURCE…`."""

import argparse
import contextlib
import os
import stat
import sys
from pathlib import Path

from gateway.exit_status import ExitStatus
from gateway.importing.documents import KINDS
from gateway.importing.importing import Imported, import_configuration
from gateway.importing.refusal import ImportRefusedError
from gateway.importing.source_table import printable

STANDARD_OUTPUT = Path("-")
SOURCES = """\
SOURCE is what another program has run this gateway with, one file or several:
  Semtech's packet forwarder    global_conf.json, then local_conf.json; or the directory of both
  Basics Station                its directory, with station.conf, tc.uri, tc.trust, tc.crt and tc.key
  ChirpStack Concentratord      concentratord.toml, channels.toml, region.toml; or their directory
  ChirpStack MQTT Forwarder     chirpstack-mqtt-forwarder.toml, together with the files of Concentratord or of
                                the packet forwarder
Secrets are never copied: gateway.toml names their files.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = SOURCES
    parser.add_argument("sources", type=Path, nargs="+", metavar="SOURCE", help="a file or a directory")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("gateway.toml"),
        metavar="PATH",
        help="where to write: gateway.toml unless given, - for the terminal",
    )
    parser.add_argument("--from", dest="kind", choices=KINDS, help="whose configuration it is, if it is not recognised")
    parser.add_argument(
        "--region-plan", metavar="NAME", help="the channels to listen to, in place of the source's: EU868, US915_2"
    )
    parser.add_argument(
        "--region", metavar="NAME", help="the law's region, where the source does not say it: EU868, AS923"
    )
    parser.add_argument("--force", action="store_true", help="replace PATH if it exists")
    parser.add_argument(
        "--unfinished", action="store_true", help="write it also where something is missing or wrong in it"
    )


def execute(options: argparse.Namespace) -> ExitStatus:
    """Write a gateway.toml, and say what could not be carried over."""
    output: Path = options.output
    if output != STANDARD_OUTPUT and output.exists() and not options.force:
        return _refused(output)
    try:
        imported = import_configuration(options.sources, options.kind, options.region_plan, options.region)
    except ImportRefusedError as error:
        print(printable(str(error)), file=sys.stderr)
        return ExitStatus.CONFIGURATION
    _tell(imported)
    if imported.problems and not options.unfinished:
        print("nothing is written; --unfinished writes it all the same, to be completed by hand", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if output == STANDARD_OUTPUT:
        print(imported.text, end="")
    else:
        try:
            _write(output, imported.text, replace=options.force)
        except FileExistsError:
            return _refused(output)
        except OSError as error:
            print(f"{printable(str(output))}: cannot be written: {error.strerror}", file=sys.stderr)
            return ExitStatus.CONFIGURATION
        print(f"{printable(str(output))}: {_outcome(imported)}")
    return ExitStatus.CONFIGURATION if imported.problems else ExitStatus.OK


def _refused(output: Path) -> ExitStatus:
    print(f"{printable(str(output))}: exists already; --force replaces it", file=sys.stderr)
    return ExitStatus.CONFIGURATION


def _outcome(imported: Imported) -> str:
    if imported.problems:
        return "written, to be completed: candelabre config check says what is wrong with it"
    remarks = len(imported.notes) + imported.unsaid
    if not remarks:
        return "written and free of mistakes"
    return f"written and free of mistakes; {remarks} remark{'s stand' if remarks > 1 else ' stands'} at its beginning"


def _tell(imported: Imported) -> None:
    for note in imported.notes:
        print(note, file=sys.stderr)
    if imported.unsaid:
        print(f"and {imported.unsaid} more that could not be carried over", file=sys.stderr)
    for problem in imported.problems:
        print(f"mistake: {printable(problem)}", file=sys.stderr)


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Write the whole file or nothing, whenever the power fails. One that is replaced stays for whom it was.

    Raises:
        OSError: it cannot be written; FileExistsError: it is there, and not to be replaced.
    """
    if path.exists() and not replace:
        raise FileExistsError
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if replace and path.exists():
                os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))
            file.write(text.encode())
            file.flush()
            os.fsync(descriptor)
        if replace:
            unfinished.replace(path)
        else:
            # Unlike a rename, this fails where somebody else was faster.
            os.link(unfinished, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
