"""Events happen in order of time, and only once their time has come."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from radio.simulator.agenda import Agenda


@given(st.lists(st.integers(0, 20)), st.integers(0, 20))
def test_what_is_due_happens_in_order_and_once(moments: list[int], now: int) -> None:
    agenda, happened = Agenda(), list[tuple[int, int]]()
    for number, moment in enumerate(moments):
        agenda.note(moment, partial(happened.append, (moment, number)))
    agenda.advance(now)
    agenda.advance(now)
    assert happened == sorted((moment, number) for number, moment in enumerate(moments) if moment <= now)


def test_what_comes_of_an_event_may_be_due_as_well() -> None:
    agenda, happened = Agenda(), list[str]()
    agenda.note(1.0, lambda: agenda.note(2.0, lambda: happened.append("second")))
    agenda.advance(2.0)
    assert happened == ["second"]
