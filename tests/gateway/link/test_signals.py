"""What a link depends on."""

import pytest

from gateway.link.signals import Maintenance


@pytest.mark.parametrize(("unix_s", "under_way"), [(99, False), (100, True), (199, True), (200, False), (None, False)])
def test_planned_work_goes_on_from_its_begin_to_its_end(unix_s: int | None, under_way: bool) -> None:
    assert Maintenance("antenna", 100, 200).is_under_way(unix_s) is under_way


@pytest.mark.parametrize("unix_s", [None, 0, 10**10])
def test_work_that_began_at_once_goes_on_until_it_is_ended(unix_s: int | None) -> None:
    assert Maintenance("antenna").is_under_way(unix_s)


def test_work_with_an_end_alone_ends_then() -> None:
    assert Maintenance("antenna", ends_unix_s=200).is_under_way(199)
    assert not Maintenance("antenna", ends_unix_s=200).is_under_way(200)
