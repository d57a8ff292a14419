"""Arbitrary fields of a small register file, and values for them."""

from hypothesis import strategies as st

from radio.sx1302.registers import Field, Write

FIRST, LAST = 0x5000, 0x500F
ADDRESSES = st.integers(FIRST, LAST)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    """A field of one register, or of several that ends in the low bits of the last."""
    address = draw(ADDRESSES)
    if draw(st.booleans()):
        offset = draw(st.integers(0, 7))
        return Field("SOME", address, offset, draw(st.integers(1, 8 - offset)))
    return (
        Field("WIDE", address, 0, draw(st.integers(9, 8 * min(LAST + 1 - address, 8))))
        if address < LAST
        else Field("BYTE", address)
    )


@st.composite
def writes(draw: st.DrawFn) -> Write:
    """A field and a value that fits it."""
    field = draw(fields())
    return Write(field, draw(st.integers(0, (1 << field.bits) - 1)))
