"""Any message that the schema allows."""

import struct
from typing import Any

from hypothesis import strategies as st

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.schema import Field, Kind, Message, attributes_of
from forwarder.chirpstack_mqtt.wire import read_float

SHAPES: tuple[type[Message], ...] = (
    gw.UplinkFrame,
    gw.DownlinkFrame,
    gw.DownlinkTxAck,
    gw.GatewayStats,
    gw.GatewayConfiguration,
    gw.GatewayCommandExecRequest,
    gw.GatewayCommandExecResponse,
    gw.ConnState,
)
_floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
# A negative zero is a zero to proto3, whose default it equals.
_SCALARS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.UINT32: st.integers(0, 2**32 - 1),
    Kind.INT32: st.integers(-(2**31), 2**31 - 1),
    Kind.INT64: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOL: st.booleans(),
    Kind.FLOAT: _floats.map(lambda value: read_float(struct.pack("<f", value)) or 0.0),
    Kind.DOUBLE: st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value or 0.0),
    Kind.STRING: st.text(st.characters(codec="utf-8"), max_size=20),
    Kind.BYTES: st.binary(max_size=40),
}


def any_of(shape: type[Message]) -> st.SearchStrategy[Any]:
    """Any message of a kind; of the alternatives of a oneof at most the first that was drawn."""
    if shape is gw.Timestamp:
        return st.builds(gw.Timestamp, st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999_999))
    if shape is gw.Duration:
        whole = st.integers(-315_576_000_000, 315_576_000_000)
        return st.builds(lambda s, ns: gw.Duration(s, ns if s >= 0 else -ns), whole, st.integers(0, 999_999_999))
    fields = {attribute.name: _values(attribute.field) for attribute in attributes_of(shape)}
    return st.fixed_dictionaries(fields).map(lambda values: shape(**_one_of_each(shape, values)))


messages = st.sampled_from(SHAPES).flatmap(any_of)


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.key is not None:
        return st.dictionaries(_SCALARS[field.key], _SCALARS[field.kind], max_size=3)
    if field.repeated:
        return st.lists(_one(field), max_size=3).map(tuple)
    return st.none() | _one(field) if field.kind is Kind.MESSAGE else _one(field)


def _one(field: Field) -> st.SearchStrategy[Any]:
    if field.kind is Kind.ENUM:
        return st.sampled_from([int(each) for each in field.members]) | st.integers(0, 100)
    return any_of(field.message) if field.kind is Kind.MESSAGE else _SCALARS[field.kind]


def _one_of_each(shape: type[Message], values: dict[str, Any]) -> dict[str, Any]:
    seen: set[str] = set()
    for attribute in attributes_of(shape):
        oneof = attribute.field.oneof
        if oneof is not None and values[attribute.name] is not None:
            if oneof in seen:
                values[attribute.name] = None
            seen.add(oneof)
    return values
