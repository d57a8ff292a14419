"""The configuration that the gateway is given has each kind of server, as the gateway reads it."""

import pytest

from bench.figures import SERVERS
from bench.gateway_process import configuration
from bench.servers.end_process import ENDS
from bench.servers.tables import table, table_without_store
from gateway.config.loader import parse_config


@pytest.mark.parametrize("kinds", [*([kind] for kind in SERVERS), list(SERVERS)])
def test_the_gateway_reads_a_server_of_each_kind(kinds: list[str]) -> None:
    tables = "\n".join(table(kind, 4_000 + number) for number, kind in enumerate(kinds))
    config = parse_config(configuration("/state", "/chip.sock", tables).encode())
    assert [server.name for server in config.servers] == kinds
    assert len({type(server) for server in config.servers}) == len(kinds)


def test_where_nothing_is_to_be_kept_the_gateway_keeps_nothing() -> None:
    for text, is_kept in ((table("semtech_udp", 1_700), True), (table_without_store("semtech_udp", 1_700), False)):
        [route] = parse_config(configuration("/state", "/chip.sock", text).encode()).routes
        assert route.servers == ("semtech_udp",)
        assert route.store is is_kept


def test_there_is_an_end_for_each_kind() -> None:
    assert set(ENDS) == set(SERVERS)
