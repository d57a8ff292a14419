"""[[server]] tables of gateway.toml, one for each kind of server, on loopback and with the defaults."""

_TABLES = {
    "semtech_udp": """\
host = "127.0.0.1"
port_up = {port}
port_down = {port}
""",
    "basics_station": """\
uri = "ws://127.0.0.1:{port}"
""",
    "chirpstack_mqtt": """\
host = "127.0.0.1"
port = {port}
tls = false
""",
}
# What no server confirms is given up instead of being kept and sent once more: one of those that are measured never
# confirms anything, and is to get each packet once all the same.
_WITHOUT_STORE = """
[[route]]
name = "bench"
servers = ["{kind}"]
store = false
"""


def table(kind: str, port: int) -> str:
    """The table of a server of this `type`, named after it."""
    return f'[[server]]\nname = "{kind}"\ntype = "{kind}"\n{_TABLES[kind].format(port=port)}'


def table_without_store(kind: str, port: int) -> str:
    """The same, and nothing is kept for it."""
    return table(kind, port) + _WITHOUT_STORE.format(kind=kind)
