"""From answers to a gateway that can start: the chip asked, the file written, the server tried, and what comes next."""

import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path

import msgspec

from forwarder.basics_station.config import BasicsStationConfig
from gateway.boards.alone import Bench, RefusedError, nobody_else
from gateway.config import Config
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.doctor.blame import blame
from gateway.doctor.layout import SYMBOLS
from gateway.doctor.permissions import service_user
from gateway.doctor.result import CheckResult, Grade
from gateway.doctor.servers import examine_server
from gateway.doctor.wording import told, wording_of
from gateway.exit_status import ExitStatus
from gateway.known_eui import remembered_eui
from gateway.language import Language
from gateway.setup.answers import Answers, checked, gateway_toml
from gateway.setup.chip import read_chip
from gateway.setup.keeping import replace_keeping
from gateway.setup.terminal import Terminal
from gateway.setup.words import WORDS, Words
from radio.errors import FirmwareError, RadioError
from radio.sx1302.firmware import load_firmware
from radio.sx1302.start import ChipIdentity

BOARD_PREFIX = "/dev/"


class ChipSilentError(Exception):
    """The chip was to tell its EUI, and does not: why, in a sentence."""


class Wish(msgspec.Struct, frozen=True):
    """What is wanted besides the answers: where to write, in which language, and what may be left out.

    `eui_from_chip` is whether nothing is written unless the chip has told its EUI, `try_server` whether the connection
    is tested.
    """

    path: Path
    language: Language
    eui_from_chip: bool = False
    try_server: bool = True


class Prepared(msgspec.Struct, frozen=True):
    """A configuration that is correct, and not written yet."""

    config: Config
    text: str
    chip: ChipIdentity | None
    is_ours: bool

    @property
    def eui(self) -> int | None:
        """The gateway's, as far as it is known."""
        if self.config.gateway_eui is not None:
            return self.config.gateway_eui
        return self.chip.eui if self.chip else remembered_eui(Path(self.config.gateway.state_dir))


def prepare(answers: Answers, wish: Wish, bench: Bench, terminal: Terminal) -> Prepared:
    """Check the answers, ask the chip, and make the file's text.

    Raises:
        ConfigError: the answers make no gateway.toml.
        ChipSilentError: the chip was needed.
    """
    words = WORDS[wish.language]
    config = checked(answers, str(wish.path))
    chip, is_ours, reason = _ask_chip(config, bench, wish.language)
    if chip is None and wish.eui_from_chip:
        raise ChipSilentError(words.chip_silent.format(reason=reason))
    if chip is not None:
        terminal.say(words.chip_eui.format(model=chip.model, eui=f"{chip.eui:016X}"))
    else:
        terminal.say(words.chip_silent.format(reason=reason))
    told_eui = f"{chip.eui:016X}" if chip else None
    text = gateway_toml(answers, wish.language, told_eui, datetime.datetime.now().astimezone().date())
    return Prepared(config, text, chip, is_ours)


def write(prepared: Prepared, wish: Wish, terminal: Terminal) -> None:
    """Write the file, and say so. Raises OSError."""
    words = WORDS[wish.language]
    former = replace_keeping(wish.path, prepared.text, datetime.datetime.now().astimezone())
    terminal.say(words.written.format(path=wish.path))
    if former is not None:
        terminal.say(words.former.format(path=former))


def conclude(prepared: Prepared, wish: Wish, terminal: Terminal) -> ExitStatus:
    """Try the server, and say what to register and what to do next; FAULT_FOUND where the server cannot be used."""
    fault = wish.try_server and not _try_server(prepared, wish, terminal)
    words, config = WORDS[wish.language], prepared.config
    server = config.servers[0]
    eui = words.eui_unknown if prepared.eui is None else f"{prepared.eui:016X}"
    terminal.say()
    terminal.say(words.to_register)
    terminal.show(f"  EUI           {eui}")
    terminal.show(f"  {config.radio.region_plan}, {server.name}{words.colon}{server.host}")
    terminal.say(words.at_server[_kind(prepared)], "  ")
    terminal.say()
    terminal.say(words.next_steps)
    for command, what in _next_steps(config, words):
        terminal.show(f"  {command:44}  # {what}")
    return ExitStatus.FAULT_FOUND if fault else ExitStatus.OK


def _ask_chip(config: Config, bench: Bench, language: Language) -> tuple[ChipIdentity | None, bool, str]:
    """The chip, whether the board is ours to use, and why the chip does not answer."""
    devices = (config.radio.bus,) if config.radio.bus.startswith(BOARD_PREFIX) else ()
    try:
        with nobody_else(Path(config.gateway.state_dir), devices, language):
            return read_chip(config, bench), True, ""
    except RefusedError as error:
        return None, False, str(error)
    except RadioError as error:
        said = told(blame(error, config, service_user().name), wording_of(language))
        return None, True, " ".join(filter(None, (said.says, said.gesture, said.command)))


def _try_server(prepared: Prepared, wish: Wish, terminal: Terminal) -> bool:
    """Whether the server can be used, or it cannot be told."""
    words, server = WORDS[wish.language], prepared.config.servers[0]
    if not prepared.is_ours:
        # A second conversation would divert the downlinks of the gateway that is at work.
        terminal.say(words.not_tested.format(reason=words.at_work))
        return True
    terminal.say()
    terminal.say(words.testing.format(server=server.host))
    results = asyncio.run(examine_server(server, prepared.eui))
    for result in results:
        _tell(result, words, wish.language, terminal)
    return all(result.grade is not Grade.FAIL for result in results)


def _tell(result: CheckResult, words: Words, language: Language, terminal: Terminal) -> None:
    said = told(result, wording_of(language))
    terminal.say(said.says, f"{SYMBOLS[result.grade]} {said.title}{words.colon}")
    for label, text in ((words.cause, said.cause), (words.gesture, said.gesture)):
        if text:
            terminal.say(text, f"  {label}")
    if said.command:
        terminal.show(f"  $ {said.command}")


def _next_steps(config: Config, words: Words) -> Iterator[tuple[str, str]]:
    if config.radio.bus.startswith(BOARD_PREFIX) and not _has_firmware(config):
        yield "sudo candelabre firmware import PATH", words.firmware
    yield "sudo systemctl restart --no-block candelabre", words.start
    yield "sudo candelabre doctor", words.examine


def _has_firmware(config: Config) -> bool:
    try:
        load_firmware(Path(config.gateway.state_dir), config.radio.firmware_digests)
    except FirmwareError:
        return False
    return True


def _kind(prepared: Prepared) -> str:
    server = prepared.config.servers[0]
    kinds: tuple[tuple[type, str], ...] = (
        (BasicsStationConfig, "basics_station"),
        (ChirpstackMqttServer, "chirpstack_mqtt"),
    )
    return next((name for kind, name in kinds if isinstance(server, kind)), "semtech_udp")
