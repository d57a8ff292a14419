"""Where a server is, strict or friendly."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.endpoint import Endpoint, EndpointError, data_endpoint, discovery_endpoint

TLS = discovery_endpoint("wss://lns.example:8887")
PLAIN = discovery_endpoint("ws://lns.example:3001")


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("wss://lns.example:8887", Endpoint(True, "lns.example", 8887)),
        ("WSS://lns.example:8887\n", Endpoint(True, "lns.example", 8887)),
        ("ws://10.0.0.1:3001", Endpoint(False, "10.0.0.1", 3001)),
        ("wss://lns.example", Endpoint(True, "lns.example", 443)),
        ("ws://lns.example/", Endpoint(False, "lns.example", 80)),
        ("lns.example:8887", Endpoint(True, "lns.example", 8887)),
        ("wss://[fd00::1]:8887", Endpoint(True, "fd00::1", 8887)),
        ("wss://lns.example:8887/router-info", Endpoint(True, "lns.example", 8887)),
    ],
)
def test_a_discovery(text: str, endpoint: Endpoint) -> None:
    assert discovery_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wss://",
        "https://lns.example",
        "wss://lns.example:0",
        "wss://lns.example:65536",
        "wss://lns.example:x",
        "wss://user:password@lns.example",
        "wss://lns.example/a",
        "wss://lns.example/?a",
        "wss://lns.example#a",
        "wss://l ns.example",
        "wss://lns.exämple",
        "wss://.example",
        "wss://[fd00::1",
    ],
)
def test_what_is_none_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(EndpointError, match="must"):
        discovery_endpoint(text)


def test_it_is_written_with_scheme_port_and_brackets() -> None:
    assert Endpoint(True, "fd00::1", 443, "/a?b").uri == "wss://[fd00::1]:443/a?b"


def test_the_data_have_path_and_query_of_their_own() -> None:
    assert data_endpoint("wss://mux.example:443/traffic/1?a=b", TLS) == Endpoint(
        True, "mux.example", 443, "/traffic/1?a=b"
    )


def test_without_encryption_the_data_may_be_so_too() -> None:
    assert data_endpoint("ws://mux.example:3002/x", PLAIN).secure is False


def test_encryption_is_not_given_up_on_the_way() -> None:
    with pytest.raises(EndpointError, match="encrypted"):
        data_endpoint("ws://mux.example:3002/x", TLS)


def test_a_server_behind_a_proxy_does_not_know_that_it_is_encrypted() -> None:
    assert data_endpoint("ws://LNS.example:8887/x", TLS) == Endpoint(True, "lns.example", 8887, "/x")


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for parse in (discovery_endpoint, lambda uri: data_endpoint(uri, TLS)):
        with contextlib.suppress(EndpointError):
            parse(text)
        with contextlib.suppress(EndpointError):
            parse(f"wss://{text}")
