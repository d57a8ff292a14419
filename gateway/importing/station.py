"""Basics Station: its directory, with station.conf and the files of the server's address and credentials."""

import re
from collections.abc import Mapping
from pathlib import Path

from forwarder.basics_station.identifiers import parse_id6
from gateway.importing.draft import Draft, Setting
from gateway.importing.listening import place
from gateway.importing.merging import Files
from gateway.importing.refusal import ImportRefusedError
from gateway.importing.semtech_radio import RADIOS, read_board, read_listening, read_radio
from gateway.importing.source_file import is_open_to_all, is_pem, is_there, read_text
from gateway.importing.source_table import SourceTable, printable

CONF_FILE = "station.conf"
BOARD_FILES = ("slave-0.conf", "slave-1.conf")
URI_FILES = ("tc.uri", "cups.uri", "cups-boot.uri", "cups-bak.uri")
CONFS = ("SX1302_conf", "SX1301_conf", "sx1302_conf", "sx1301_conf", "radio_conf")
BY_RADIO = ("radio_0", "radio_1")
LEVELS = {
    "XDEBUG": "debug",
    "DEBUG": "debug",
    "VERBOSE": "info",
    "INFO": "info",
    "NOTICE": "info",
    "WARNING": "warning",
    "ERROR": "error",
    "CRITICAL": "error",
}
LONGEST_URI_BYTES = 512
FROM_SERVER = "Station has its channels from the server: name them with --region-plan, such as --region-plan EU868"
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-]?[0-9A-Fa-f]{2}){5}")
_EUI_BITS, _MAC_BITS = 64, 48


def read_station(values: Mapping[str, object], files: Files, draft: Draft) -> None:
    """Fill the draft from station.conf."""
    root = SourceTable(values, files, (), draft)
    name = next((name for name in CONFS if name in root), None)
    conf = None if name is None else root.table(name)
    if conf is not None:
        _read_radio(conf, draft)
    station = root.table("station_conf")
    if station is not None:
        _read_process(station, draft)
    root.finish()


def read_station_files(directory: Path, draft: Draft) -> None:
    """Fill the draft from the files beside station.conf. Of the secret ones only the path is carried over.

    Raises:
        ImportRefusedError: a file with an address cannot be read.
    """
    uri_file = directory / "tc.uri"
    if is_there(uri_file):
        _read_server(directory, uri_file, draft)
    if any(is_there(directory / name) for name in URI_FILES if name.startswith("cups")):
        draft.note(
            f"{_shown(directory)}: cups*: not carried over: name the server that hands out credentials (CUPS) in a "
            "table [server.cups]; the LNS is taken from tc.uri"
        )


def _read_radio(conf: SourceTable, draft: Draft) -> None:
    read_board(conf, draft)
    device = conf.text("device")
    if device is not None and device != "spidev":
        draft.put("radio", "bus", device.removeprefix("spi:"), conf.origin("device"))
    # Some files name channels all the same; Station then uses them until the server names its own.
    enabled = [name for name in BY_RADIO if isinstance(radio := conf.values.get(name), dict) and radio.get("enable")]
    listening = read_listening(conf, draft) if enabled else None
    if listening is not None:
        place(listening, draft)
    elif not enabled:
        for number in RADIOS:
            radio = conf.table(BY_RADIO[number])
            if radio is not None:
                _read_calibration(number, radio, draft)
    conf.leave_out("pps", "the GNSS receiver's pulse is used where gnss.port is set", unless=(False,))
    conf.finish()


def _read_calibration(number: int, radio: SourceTable, draft: Draft) -> None:
    read_radio(number, radio, draft)
    radio.pass_over("enable", "freq")
    radio.finish()


def _read_process(station: SourceTable, draft: Draft) -> None:
    _read_eui(station, draft)
    level = station.text("log_level")
    if level is not None:
        draft.put("log", "level", LEVELS.get(level.upper(), level), station.origin("log_level"))
    device = station.text("gps")
    if device is not None and device.startswith("/"):
        draft.put("gnss", "port", device, station.origin("gps"))
    elif device is not None:
        station.note("gps", "it is no serial port by its whole path: set gnss.port")
    for name in ("log_file", "log_size", "log_rotate"):
        station.leave_out(name, "the log goes to standard error, which systemd keeps")
    station.leave_out(
        "radio_init", "no program is run: set radio.reset_pin, and power_pin where there is one, to what it does"
    )
    for name in ("nodc", "nocca", "nodwell"):
        station.leave_out(name, "what the law of the region asks is always kept: see [regulation]", unless=(False,))
    station.finish("it is a matter of Station's own working")


def _read_eui(station: SourceTable, draft: Draft) -> None:
    """The gateway's EUI, by Station's rule for what has 48 bits."""
    written, prefix = station.values.get("routerid"), station.text("euiprefix")
    station.pass_over("routerid")
    if written is None:
        return
    eui = _eui_of(written)
    if eui is None:
        station.note("routerid", "it is no EUI, MAC address or number: set gateway.eui")
        return
    if eui < 1 << _MAC_BITS:
        eui = _extended(eui, 1 if prefix is None else parse_id6(prefix))
    draft.put("gateway", "eui", f"{eui:016X}", station.origin("routerid"))


def _eui_of(written: object) -> int | None:
    if isinstance(written, str):
        return int(re.sub("[:-]", "", written), 16) if _MAC.fullmatch(written) else parse_id6(written)
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 1 << _EUI_BITS:
        return written
    return None


def _extended(mac: int, prefix: int | None) -> int:
    if prefix is None or prefix & ((1 << _MAC_BITS) - 1):
        return (mac >> 24) << 40 | 0xFFFE << 24 | mac & 0xFFFFFF
    return prefix | mac


def _read_server(directory: Path, uri_file: Path, draft: Draft) -> None:
    uri = read_text(uri_file).strip()
    if len(uri.encode()) > LONGEST_URI_BYTES or not uri.isprintable():
        raise ImportRefusedError(f"{printable(str(uri_file))}: not an address of one line such as wss://HOST:PORT")
    if "@" in uri:
        raise ImportRefusedError(
            f"{printable(str(uri_file))}: a user's name or password in the address: LNS know certificates and tokens, "
            "in tc.crt and tc.key"
        )
    table = {
        "name": Setting("lns", "a name for the log"),
        "type": Setting("basics_station", "what Station speaks"),
        "uri": Setting(uri, _shown(uri_file)),
    }
    trust, certificate, key = (directory / f"tc.{kind}" for kind in ("trust", "crt", "key"))
    if uri.lower().startswith("wss:"):
        files = {"ca_file": trust, "certificate_file": certificate}
        # A key without a certificate is none: it holds HTTP headers, which are the token.
        files["key_file" if is_there(certificate) else "token_file"] = key
        for name, path in files.items():
            if is_there(path):
                table[name] = Setting(str(path.absolute()), _shown(path))
                _note_der(path, draft)
                if path == key and is_open_to_all(path):
                    draft.note(f"{_shown(path)}: everybody on this machine can read it, so it is not used: chmod o= it")
            elif name == "ca_file":
                draft.note(f"{_shown(path)}: there is none: the authorities that the system trusts are used")
    else:
        for path in (trust, certificate, key):
            if is_there(path):
                draft.note(f"{_shown(path)}: not carried over: with {printable(uri[:60])} nothing is encrypted")
    draft.servers.append(table)


def _note_der(path: Path, draft: Draft) -> None:
    if is_pem(path) is False:
        kind = "pkey" if path.suffix == ".key" else "x509"
        draft.note(
            f"{_shown(path)}: it is DER, and PEM is needed: "
            f"openssl {kind} -inform DER -in {path.name} -out {path.name}.pem, then set that file"
        )


def _shown(path: Path) -> str:
    return printable(path.name)
