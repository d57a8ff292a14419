"""Semtech's packet forwarder: global_conf.json, with local_conf.json over it. Pure."""

import re
from collections.abc import Mapping

from gateway.importing.draft import Draft, Setting, Table
from gateway.importing.listening import place
from gateway.importing.merging import Files
from gateway.importing.semtech_radio import read_board, read_bus, read_listening
from gateway.importing.source_table import SourceTable
from radio.beacon import BEACON_PERIOD_S

CONF = "SX130x_conf"
# What the packet forwarders of older chips call it.
OLD_CONFS = ("SX1301_conf", "SX1302_conf")
KEYS = (CONF, "gateway_conf", *OLD_CONFS)
EXAMPLE_EUI = "AA555A0000000000"
MOST_SERVERS = 16
MOST_ANTENNAS = 3
NOT_A_GATEWAYS = "only the test programs of sx1302_hal use it"
SERVER_KEYS = {
    "port_up": "serv_port_up",
    "port_down": "serv_port_down",
}
FORWARDING = {
    "forward_crc_ok": "forward_crc_valid",
    "forward_crc_bad": "forward_crc_error",
    "forward_crc_absent": "forward_crc_disabled",
}
BEACON_DETAILS = ("beacon_freq_hz", "beacon_freq_nb", "beacon_freq_step", "beacon_datarate", "beacon_bw_hz")


def read_semtech(values: Mapping[str, object], files: Files, draft: Draft) -> None:
    """Fill the draft."""
    root = SourceTable(values, files, (), draft)
    name = next((name for name in (CONF, *OLD_CONFS) if name in root), CONF)
    conf = root.table(name)
    if conf is not None:
        _read_radio(conf, draft)
    gateway = root.table("gateway_conf")
    if gateway is not None:
        _read_gateway(gateway, draft)
        _read_beacon(gateway, draft)
        _read_servers(gateway, draft)
        gateway.finish()
    root.leave_out("debug_conf", NOT_A_GATEWAYS)
    root.finish()


def _read_radio(conf: SourceTable, draft: Draft) -> None:
    read_board(conf, draft)
    read_bus(conf, draft)
    listening = read_listening(conf, draft)
    if listening is not None:
        place(listening, draft)
    conf.finish()
    draft.note(
        f"{conf.origin()}: says nothing of the reset pin: take radio.reset_pin, and power_pin where there is one, "
        "from its script reset_lgw.sh"
    )


def _read_gateway(gateway: SourceTable, draft: Draft) -> None:
    eui = gateway.text("gateway_ID")
    if eui is not None:
        bare = re.sub(r"^0[xX]", "", eui)
        draft.put("gateway", "eui", bare, gateway.origin("gateway_ID"))
        if bare.upper() == EXAMPLE_EUI:
            draft.note(
                f"{gateway.origin('gateway_ID')}: {EXAMPLE_EUI} is Semtech's example: set gateway.eui to what the "
                "network server knows, or remove it: then the chip's own is used"
            )
    draft.put("gateway", "stats_interval_s", gateway.integer("stat_interval"), gateway.origin("stat_interval"))
    port = gateway.text("gps_tty_path")
    draft.put("gnss", "port", port, gateway.origin("gps_tty_path"))
    _read_position(gateway, draft)
    gateway.leave_out(
        "autoquit_threshold",
        "a server that is silent never ends the gateway; its name is looked up again instead",
        unless=(0,),
    )


def _read_position(gateway: SourceTable, draft: Draft) -> None:
    """The reference position, unless it is the example's, 0, 0, 0; what is missing is 0 there."""
    keys = {"latitude_deg": "ref_latitude", "longitude_deg": "ref_longitude", "altitude_m": "ref_altitude"}
    found = {key: gateway.number(name) for key, name in keys.items()}
    gateway.pass_over("fake_gps")
    if any(found.values()):
        for key, name in keys.items():
            draft.put("gateway", key, found[key] or 0, gateway.origin(name))


def _read_beacon(gateway: SourceTable, draft: Draft) -> None:
    period_s = gateway.integer("beacon_period") or 0
    power_dbm, antenna = gateway.integer("beacon_power"), gateway.integer("beacon_infodesc")
    gateway.pass_over(*BEACON_DETAILS)
    if period_s == 0:
        return
    draft.put("beacon", "enabled", True, gateway.origin("beacon_period"))
    draft.put("beacon", "power_dbm", power_dbm, gateway.origin("beacon_power"))
    if period_s != BEACON_PERIOD_S:
        gateway.note("beacon_period", f"beacons are sent every {BEACON_PERIOD_S} s, which is what devices expect")
    if antenna is not None and antenna < MOST_ANTENNAS:
        draft.put("beacon", "antenna", antenna, gateway.origin("beacon_infodesc"))
    elif antenna is not None:
        gateway.note("beacon_infodesc", "a beacon's position is that of antenna 0, 1 or 2")
    for name in BEACON_DETAILS:
        if name in gateway:
            gateway.note(name, "where beacons are follows from the region")


def _read_servers(gateway: SourceTable, draft: Draft) -> None:
    """The one server, or those of a packet forwarder for several."""
    keepalive = _keepalive(gateway)
    listed = list(gateway.tables("servers"))
    for number, server in enumerate(listed):
        enabled = server.flag("serv_enabled")
        table = _server(server, f"server-{number + 1}", {**keepalive, **_keepalive(server)})
        if not table:
            server.note(None, "it has no server_address")
        elif enabled is False:
            server.note(None, "this server is switched off there")
        elif len(draft.servers) >= MOST_SERVERS:
            server.note(None, f"there are {MOST_SERVERS} before it, and a gateway has no more")
        else:
            draft.servers.append(table)
        server.finish()
    single = _server(gateway, "main", keepalive)
    if single and not listed:
        draft.servers.append(single)


def _keepalive(source: SourceTable) -> Table:
    found: dict[str, tuple[object, str]] = {
        "keepalive_s": (source.number("keepalive_interval"), "keepalive_interval"),
        "push_timeout_ms": (source.integer("push_timeout_ms"), "push_timeout_ms"),
    }
    for key, name in FORWARDING.items():
        found[key] = source.flag(name), name
    return {key: Setting(value, source.origin(name)) for key, (value, name) in found.items() if value is not None}


def _server(source: SourceTable, name: str, also: Table) -> Table:
    """The table of a server; empty without an address."""
    address = source.text("server_address")
    ports = {key: source.integer(port) for key, port in SERVER_KEYS.items()}
    if address is None:
        return {}
    origin = source.origin("server_address")
    table = {
        "name": Setting(name, "a name for the log"),
        "type": Setting("semtech_udp", "what the packet forwarder speaks"),
        "host": Setting(address, origin),
    }
    for key, value in ports.items():
        if value is not None:
            table[key] = Setting(value, source.origin(SERVER_KEYS[key]))
    return table | also
