"""What CUPS needs of HTTP: where a server is, the question, the head of the answer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.cups_http import Head, HttpError, cups_endpoint, read_chunk_size, read_head, request
from forwarder.basics_station.endpoint import Endpoint, EndpointError


@pytest.mark.parametrize(
    ("text", "secure", "host", "port"),
    [
        ("https://eu1.cloud.thethings.network:443", True, "eu1.cloud.thethings.network", 443),
        ("HTTPS://cups.example\n", True, "cups.example", 443),
        ("cups.example", True, "cups.example", 443),
        ("cups.example:8443", True, "cups.example", 8443),
        ("https://cups.example/update-info", True, "cups.example", 443),
        ("https://cups.example/", True, "cups.example", 443),
        ("https://[2001:db8::1]:8443", True, "2001:db8::1", 8443),
        ("http://localhost", False, "localhost", 80),
    ],
)
def test_where_a_server_is(text: str, secure: bool, host: str, port: int) -> None:
    assert cups_endpoint(text) == Endpoint(secure, host, port, "/update-info")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wss://a",
        "https://",
        "https://a:0",
        "https://a:70000",
        "https://a/b",
        "https://a/router-info",
        "https://u:p@a",
    ],
)
def test_where_none_is(text: str) -> None:
    with pytest.raises(EndpointError, match="must"):
        cups_endpoint(text)


def test_the_question() -> None:
    sent = request(cups_endpoint("https://[::1]:443"), [("Authorization", "Bearer x")], b"{}")
    assert sent == (
        b"POST /update-info HTTP/1.1\r\nHost: [::1]:443\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        b"Connection: close\r\nAuthorization: Bearer x\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"HTTP/1.1 200 OK", Head(200, None, chunked=False)),
        (b"HTTP/1.0 404", Head(404, None, chunked=False)),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 14 \r\nServer:", Head(200, 14, chunked=False)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nContent-Length: 14", Head(200, 14, chunked=False)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", Head(200, None, chunked=True)),
    ],
)
def test_a_head(data: bytes, head: Head) -> None:
    assert read_head(data) == head


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/2 200",
        b"HTTP/1.1 20",
        b"ICY 200 OK",
        b"HTTP/1.1 200 OK\r\n folded",
        b"HTTP/1.1 200 OK\r\nno colon",
        b"HTTP/1.1 200 OK\r\nContent-Length : 1",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2",
    ],
)
def test_what_is_no_head(data: bytes) -> None:
    with pytest.raises(HttpError):
        read_head(data)


@given(st.one_of(st.binary(max_size=100), st.binary(max_size=60).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail)))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(HttpError):
        head = read_head(data)
        assert head.length is None or (head.length >= 0 and not head.chunked)


@pytest.mark.parametrize(("line", "size"), [(b"0", 0), (b"1f", 31), (b"A ;name=value", 10)])
def test_a_chunks_size(line: bytes, size: int) -> None:
    assert read_chunk_size(line) == size


@pytest.mark.parametrize("line", [b"", b"-1", b"0x10", b"123456789", b"g"])
def test_what_is_no_size(line: bytes) -> None:
    with pytest.raises(HttpError, match="chunk without a size"):
        read_chunk_size(line)
