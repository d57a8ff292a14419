"""ChirpStack MQTT Forwarder → a [[server]] of type "chirpstack_mqtt". Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.config.chirpstack_section import OWN_METADATA
from gateway.importing.draft import Draft, Setting, Table
from gateway.importing.merging import Files
from gateway.importing.source_table import SourceTable, printable
from gateway.importing.toml_source import parse_duration_s

LEVELS = {"trace": "debug", "debug": "debug", "info": "info", "warn": "warning", "error": "error", "off": "error"}
PLAIN, ENCRYPTED = ("tcp", "mqtt"), ("ssl", "mqtts")
DEFAULT_SERVER = "tcp://127.0.0.1:1883"
MOST_QOS = 1
NEW_FILE = "/etc/candelabre/chirpstack-password"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
FILES = {"ca_file": "ca_cert", "certificate_file": "tls_cert", "key_file": "tls_key"}
FILTERS = {
    "forward_crc_ok": "forward_crc_ok",
    "forward_crc_bad": "forward_crc_invalid",
    "forward_crc_absent": "forward_crc_missing",
    "lorawan_only": "lorawan_only",
}
PREFIXES = ("dev_addr_prefixes", "join_eui_prefixes")


def read_mqtt_forwarder(values: Mapping[str, object], files: Files, draft: Draft) -> None:
    """Fill the draft."""
    root = SourceTable(values, files, (), draft)
    server: Table = {
        "name": Setting("chirpstack", "a name for the log"),
        "type": Setting("chirpstack_mqtt", "what the MQTT forwarder speaks"),
    }
    mqtt = root.table("mqtt")
    reached = mqtt is not None and _read_mqtt(mqtt, server, draft)
    backend = root.table("backend")
    if backend is not None:
        _read_backend(backend, server, draft)
    _read_metadata(root, server)
    _read_commands(root, server, draft)
    _read_log(root, draft)
    root.leave_out("callbacks", "no program is run when the connection comes or goes: see [topics] for what is told")
    root.finish()
    if reached:
        draft.servers.append(server)


def _read_mqtt(mqtt: SourceTable, server: Table, draft: Draft) -> bool:
    """Whether there is a broker that can be reached."""
    reached = _read_address(mqtt, server)
    _read_credentials(mqtt, server, draft)
    prefix = "" if mqtt.values.get("topic_prefix") == "" else mqtt.text("topic_prefix")
    interval = mqtt.text("keep_alive_interval")
    qos = mqtt.integer("qos")
    if qos is not None and qos > MOST_QOS:
        mqtt.note("qos", f"{MOST_QOS} is used, the most there is")
        qos = MOST_QOS
    for key, value, name in (
        ("prefix", prefix, "topic_prefix"),
        ("json", mqtt.flag("json"), "json"),
        ("qos", qos, "qos"),
        ("client_id", mqtt.text("client_id"), "client_id"),
        ("keepalive_s", None if interval is None else parse_duration_s(interval) or interval, "keep_alive_interval"),
    ):
        if value is not None:
            server[key] = Setting(value, mqtt.origin(name))
    mqtt.pass_over("topic_prefix", "clean_session", "reconnect_interval")
    mqtt.finish()
    return reached


def _read_address(mqtt: SourceTable, server: Table) -> bool:
    written = mqtt.text("server")
    if written is None and "server" in mqtt:
        return False
    try:
        address = urlsplit(written or DEFAULT_SERVER)
        scheme, host, port = address.scheme.lower(), address.hostname, address.port
    except ValueError:
        mqtt.note("server", "it is no address such as ssl://HOST:PORT")
        return False
    if scheme not in PLAIN + ENCRYPTED or host is None:
        mqtt.note("server", "only tcp:// and ssl:// are supported (mqtt:// and mqtts:// are the same)")
        return False
    if address.username is not None or address.password is not None:
        mqtt.note("server", "a user's name and password in the address: set username and password_file")
    origin = mqtt.origin("server")
    server["host"] = Setting(host, origin)
    if port is not None:
        server["port"] = Setting(port, origin)
    server["tls"] = Setting(scheme in ENCRYPTED, origin)
    return True


def _read_credentials(mqtt: SourceTable, server: Table, draft: Draft) -> None:
    username = mqtt.text("username")
    if username is not None:
        server["username"] = Setting(username, mqtt.origin("username"))
    mqtt.pass_over("password")
    if mqtt.values.get("password"):
        origin = f"put the password of {mqtt.origin('password')} there, on one line: chmod o= the file"
        server["password_file"] = Setting(NEW_FILE, origin)
        draft.note(
            f"{mqtt.origin('password')}: a secret is not copied: write it into {NEW_FILE}, alone on one line, "
            f"and chmod o= {NEW_FILE}"
        )
    tls = server.get("tls")
    for key, name in FILES.items():
        path = mqtt.text(name)
        if path is None:
            continue
        if tls is not None and tls.value:
            server[key] = Setting(path, mqtt.origin(name))
        else:
            mqtt.note(name, "the connection is not encrypted")


def _read_backend(backend: SourceTable, server: Table, draft: Draft) -> None:
    filters = backend.table("filters")
    if filters is not None:
        for key, name in FILTERS.items():
            wanted = filters.flag(name)
            if wanted is not None:
                server[key] = Setting(wanted, filters.origin(name))
        for name in PREFIXES:
            prefixes = filters.texts(name)
            if prefixes:
                server[name] = Setting(prefixes, filters.origin(name))
        filters.finish()
    draft.put("gateway", "eui", backend.text("gateway_id"), backend.origin("gateway_id"))
    kind = backend.text("enabled") or "semtech_udp"
    udp = backend.table("semtech_udp")
    if udp is not None and udp.flag("time_fallback_enabled"):
        udp.note("time_fallback_enabled", "uplinks carry a time only where it is sure: see [gnss]")
    if kind == "semtech_udp":
        _drop_local_servers(backend, (None if udp is None else udp.text("bind")) or "0.0.0.0:1700", draft)
    # How the two programs find each other: they are one now.
    backend.pass_over("concentratord", "semtech_udp", "enabled")
    backend.finish()


def _drop_local_servers(backend: SourceTable, bind: str, draft: Draft) -> None:
    """Leave out the packet forwarder's server that is this very program."""
    port = bind.rpartition(":")[2]
    for server in list(draft.servers):
        host, up = server.get("host"), server.get("port_up")
        if host is None or host.value not in LOCAL_HOSTS or str(1700 if up is None else up.value) != port:
            continue
        draft.servers.remove(server)
        draft.note(
            f"{host.origin}: not carried over: it is the MQTT forwarder of {backend.origin()}, which is replaced"
        )


def _read_metadata(root: SourceTable, server: Table) -> None:
    metadata = root.table("metadata")
    if metadata is None:
        return
    static = metadata.table("static")
    if static is not None:
        texts = {printable(key): text for key in static.values if (text := static.text(key)) is not None}
        for key in OWN_METADATA:
            if texts.pop(key, None) is not None:
                static.note(key, "the gateway says this itself")
        if texts:
            server["metadata"] = Setting(texts, static.origin())
    metadata.leave_out("commands", "no program is run for the reports' metadata", unless=({},))
    metadata.pass_over("split_delimiter")
    metadata.finish()


def _read_commands(root: SourceTable, server: Table, draft: Draft) -> None:
    commands = root.table("commands")
    if commands is None or not commands.values:
        return
    programs = {printable(name): argv for name in commands.values if (argv := commands.texts(name))}
    server["commands"] = Setting(programs, commands.origin())
    draft.note(f"{commands.origin()}: carried over: the server may have these programs run; remove what it need not")


def _read_log(root: SourceTable, draft: Draft) -> None:
    logging = root.table("logging")
    if logging is None:
        return
    level = logging.text("level")
    if level is not None:
        draft.put("log", "level", LEVELS.get(level.lower(), level), logging.origin("level"))
    logging.leave_out("log_to_syslog", "the log goes to standard error, which systemd keeps", unless=(False,))
    logging.finish()
