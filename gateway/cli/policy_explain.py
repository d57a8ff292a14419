"""`candelabre policy explain DEVEUI|DEVADDR`."""

import argparse
import os
import re
import sys
from functools import partial
from pathlib import Path

from gateway.cli.policy_file import calendar_for, load_policy
from gateway.cli.policy_kept import NotPermittedError, load_kept
from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import Config, ConfigError, load_config
from gateway.config.policy_section import PolicySection
from gateway.config.problems import Problem
from gateway.exit_status import ExitStatus
from gateway.log import configure_logging
from gateway.policy.accounts.journal_files import JournalFiles, SegmentName
from gateway.policy.accounts.journal_loading import Loaded, load
from gateway.policy.accounts.journal_store import MOST_BYTES
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.accounts.ledger_clock import LedgerClock, resumed
from gateway.policy.accounts.ledger_keeping import accounts_directory
from gateway.policy.accounts.ledger_recovery import AccountBook, record_charges
from gateway.policy.document import Policy
from gateway.policy.identity.binding_events import LARGEST_FILE_BYTES, parse_bindings_file
from gateway.policy.identity.bindings import Bindings
from gateway.policy.identity.bindings_store import BindingsStore, bindings_path
from gateway.policy.rules import Rules
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import in_force, utc_text
from gateway.policy.source.known_time import open_known_time
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.policy.study.explaining import Knowledge, explain_dev_addr, explain_dev_eui
from gateway.system_clock import NS_PER_S, host_is_synchronised, read_clocks
from radio.duty_cycle_store import boottime_us, read_boot_id

DEV_EUI_DIGITS = 16
# The daemon may just be merging or removing files.
ATTEMPTS = 3


class _JournalReader(JournalFiles):
    """The files of the accounts, to be read while the daemon writes them: nothing is made, changed or removed."""

    def __init__(self, directory: Path) -> None:
        self.path = directory
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def remove(self, name: SegmentName) -> None:
        """Leave it."""

    def remove_unfinished(self) -> None:
        """Leave it: it may be being written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identity", type=_identity, metavar="DEVEUI|DEVADDR", help="16 or 8 hexadecimal digits")
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", help="under this policy; default: the one in force")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print which rule decides on a device, and what it has used of its limits on this gateway."""
    try:
        config = load_config(options.config)
        if config.policy is None:
            print("no [policy]: every packet is forwarded")
            return ExitStatus.OK
        configure_logging("warning", "text")
        lines, notes, damage = _explained(options, config, config.policy)
    except (ConfigError, NotPermittedError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(*(f"{note}\n" for note in (*damage, *notes)), sep="", end="", file=sys.stderr)
    print(*lines, sep="\n")
    return ExitStatus.CONFIGURATION if damage else ExitStatus.OK


def _explained(
    options: argparse.Namespace, config: Config, section: PolicySection
) -> tuple[list[str], list[str], list[str]]:
    """The answer, what there is to know of the accounts that it comes from, and what else is damaged."""
    state_dir = Path(config.gateway.state_dir)
    known_unix_s = open_known_time(state_dir, _trusted_unix_s).look()
    if options.policy is None:
        policy, damage = _in_force(state_dir, section, known_unix_s)
    else:
        policy, damage = load_policy(options.policy), []
    if policy is None:
        does = {"refuse": "every packet is refused", "forward": "every packet is forwarded"}[section.when_none_valid]
        return (
            [f'no_policy: no policy is in force, and {does} (policy.when_none_valid = "{section.when_none_valid}").'],
            [],
            damage,
        )
    bindings, more = _bindings(bindings_path(state_dir), section)
    ledger, now_ms, problems = _accounts(accounts_directory(state_dir))
    knowledge = Knowledge(Rules(policy), calendar_for(policy), bindings, ledger, now_ms, known_unix_s)
    digits = options.identity
    explain = explain_dev_eui if len(digits) == DEV_EUI_DIGITS else explain_dev_addr
    time = "the time is not known" if known_unix_s is None else f"it is {utc_text(known_unix_s)} or later"
    head = f"Under policy number {policy.serial} of {policy.convention.host}; {time}."
    return [head, *explain(knowledge, int(digits, 16))], problems, [*damage, *more]


def _in_force(state_dir: Path, section: PolicySection, known_unix_s: int | None) -> tuple[Policy | None, list[str]]:
    keys = load_host_keys(map(Path, section.host_keys))
    kept, notes = load_kept(state_dir, keys)
    held = in_force(kept, known_unix_s)
    return None if held is None else held.policy, list(notes)


def _bindings(path: Path, section: PolicySection) -> tuple[Bindings, list[str]]:
    learnt, note = BindingsStore(path).load()
    bindings = Bindings(learnt)
    if section.bindings_file is not None:
        written = Path(section.bindings_file)
        try:
            content = read_regular_file(written, LARGEST_FILE_BYTES, follow_links=True)
        except UnreadableError as error:
            raise ConfigError(str(written), [Problem("", None, str(error))]) from error
        if content is None:
            raise ConfigError(str(written), [Problem("", None, "there is no such file")])
        bindings.replace_written(parse_bindings_file(content, str(written)))
    return bindings, [] if note is None else [note]


def _accounts(directory: Path) -> tuple[Ledger, int, list[str]]:
    """The accounts as far as they are written, and ledger time now."""
    try:
        book, loaded = _loaded(directory)
    except FileNotFoundError:
        book, loaded = AccountBook(), Loaded(problems=[f"{directory}: no account was ever kept there"])
    except OSError as error:
        raise ConfigError(str(directory), [Problem("", None, f"cannot be read: {error.strerror}")]) from error
    mark = resumed(loaded.mark, loaded.last_ms, read_boot_id(), boottime_us() // 1000)
    return Ledger(book=book), LedgerClock(mark).now_ms(), loaded.problems


def _loaded(directory: Path, attempts: int = ATTEMPTS) -> tuple[AccountBook, Loaded]:
    files = _JournalReader(directory)
    book = AccountBook()
    try:
        loaded = load(files, partial(record_charges, book), MOST_BYTES)
    finally:
        files.close()
    return _loaded(directory, attempts - 1) if loaded.problems and attempts > 1 else (book, loaded)


def _trusted_unix_s() -> int | None:
    return read_clocks().realtime_ns // NS_PER_S if host_is_synchronised() else None


def _identity(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{8}|[0-9A-Fa-f]{16}", text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is neither a DevEUI (16 hexadecimal digits) nor a DevAddr (8)")
    return text
