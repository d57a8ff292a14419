"""What was given up of each depositor's uplinks, from one look to the next."""

from gateway.link.losses import by_depositor, newly_lost


def test_whatever_the_reason_it_is_the_depositors() -> None:
    losses = {("water", "too_old"): 3, ("water", "join"): 2, ("metropole", "disk"): 1, ("", "damaged"): 9}
    assert by_depositor(losses) == {"water": 5, "metropole": 1}


def test_what_is_new_is_told_once() -> None:
    told, lost = newly_lost({}, {("water", "join"): 2})
    assert lost == {"water": 2}
    told, lost = newly_lost(told, {("water", "join"): 2, ("water", "disk"): 3, ("metropole", "join"): 1})
    assert lost == {"water": 3, "metropole": 1}
    assert newly_lost(told, {("water", "join"): 2, ("water", "disk"): 3, ("metropole", "join"): 1})[1] == {}


def test_a_count_that_sinks_is_followed() -> None:
    told, lost = newly_lost({"water": 10}, {("water", "join"): 9})
    assert (told, lost) == ({"water": 9}, {})
    assert newly_lost(told, {("water", "join"): 10})[1] == {"water": 1}
