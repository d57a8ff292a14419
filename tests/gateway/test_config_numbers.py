"""Numbers in gateway.toml: none is so large, or so strange, that the daemon cannot work with it."""

import math
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.session import SemtechUdpSession
from gateway.config import sections
from radio.sx1302.rx_record import temperature_offset_db
from tests.gateway.test_config import RADIO, SERVER, mistakes, parsed

SHAPES = (*vars(sections).values(), SemtechUdpConfig)
SECTIONS = [shape for shape in SHAPES if isinstance(shape, type) and issubclass(shape, msgspec.Struct)]
MANY_DIGITS = "9" * 400
# What an STTS751 can say, and what its two bytes could.
TEMPERATURES_C = (-128.0, -40.0, 25.0, 125.0, 128.0)


def numbers(kind: inspect.Type, key: str) -> Iterator[tuple[str, inspect.IntType | inspect.FloatType]]:
    match kind:
        case inspect.IntType() | inspect.FloatType():
            yield key, kind
        case inspect.Metadata():
            yield from numbers(kind.type, key)
        case inspect.UnionType():
            for item in kind.types:
                yield from numbers(item, key)
        case inspect.VarTupleType():
            yield from numbers(kind.item_type, key)
        case inspect.StructType():
            for field in msgspec.structs.fields(kind.cls):
                yield from numbers(inspect.type_info(field.type), f"{key}.{field.name}")


NUMBERS = [number for section in SECTIONS for number in numbers(inspect.type_info(section), section.__name__)]


@pytest.mark.parametrize(("key", "kind"), NUMBERS, ids=[key for key, _ in NUMBERS])
def test_every_number_has_a_least_and_a_greatest_value(key: str, kind: inspect.IntType | inspect.FloatType) -> None:
    assert kind.ge is not None
    assert kind.le is not None


@pytest.mark.parametrize(
    ("key", "greatest"), [("push_timeout_ms", 3_600_000), ("silent_after_keepalives", 1000), ("keepalive_s", 86_400)]
)
@pytest.mark.parametrize("value", [MANY_DIGITS, "0", "1e308", "nan"])
def test_a_server_s_times_are_bounded(key: str, greatest: int, value: str) -> None:
    (message,) = mistakes(f"{RADIO}{SERVER}{key} = {value}\n").values()
    assert message.endswith(f"number from 1 to {greatest}")


@pytest.mark.parametrize("value", ["1e308", "-1e7", MANY_DIGITS, "inf", "nan"])
def test_a_drift_that_no_board_has_is_refused(value: str) -> None:
    found = mistakes(f"{RADIO}[[radio.chain]]\nrssi_temperature = {{ a = {value} }}\n{SERVER}")
    assert set(found) == {"radio.chain[0].rssi_temperature.a"}


def test_at_the_greatest_drift_rssi_is_still_a_finite_number() -> None:
    drift = "{ a = 1e6, b = 1e6, c = 1e6, d = 1e6, e = 1e6 }"
    radio = parsed(f"{RADIO}[[radio.chain]]\nrssi_temperature = {drift}\n{SERVER}").plan.radios[0]
    assert radio is not None
    offsets_db = [temperature_offset_db(radio.rssi_temperature, celsius) for celsius in TEMPERATURES_C]
    assert all(math.isfinite(offset_db) for offset_db in offsets_db)


def test_with_the_greatest_times_a_session_still_knows_when_it_is_due() -> None:
    keys = "push_timeout_ms = 3600000\nsilent_after_keepalives = 1000\nkeepalive_s = 86400\n"
    (server,) = parsed(RADIO + SERVER + keys).servers
    assert isinstance(server, SemtechUdpConfig)
    session = SemtechUdpSession(server, gateway_eui=1)
    session.connected(now_s=5.0)
    assert session.next_timer() == 86_405.0
