"""The line of `systemctl status`, and when it is told."""

import msgspec

from gateway.supervision.status_line import TELL_EVERY_S, Outlook, Told, due, status_line

WELL = Outlook(packets=1234, servers=3, servers_up=2, has_policy=True, policy_serial=12)


def told(outlook: Outlook, at_s: float = 100.0) -> Told:
    return Told(status_line(outlook), outlook, at_s)


def but(**changes: object) -> Outlook:
    return msgspec.structs.replace(WELL, **changes)


def test_a_gateway_that_is_well() -> None:
    assert status_line(WELL) == "listening; servers up 2 of 3; 1234 packets heard; policy 12"


def test_everything_that_there_may_be_to_tell() -> None:
    outlook = but(refused=5, downlinks=40, waiting=17, remark="gateway.toml has changed (radio.bus): restart to apply")
    assert status_line(outlook) == (
        "listening; servers up 2 of 3; 1234 packets heard; 5 refused; 40 downlinks sent; 17 uplinks wait on the disk; "
        "policy 12; gateway.toml has changed (radio.bus): restart to apply"
    )


def test_a_radio_that_does_not_listen_says_what_it_is_at() -> None:
    assert status_line(but(activity="starting the radio, attempt 2")).startswith("starting the radio, attempt 2; ")


def test_what_is_stuck_comes_first() -> None:
    assert status_line(but(stuck="radio thread (for 8 s)")).startswith("stuck: radio thread (for 8 s); listening; ")


def test_a_policy_that_is_not_in_force_is_told() -> None:
    assert status_line(but(policy_serial=None)).endswith("no policy in force")


def test_without_a_policy_there_is_nothing_to_tell_of_it() -> None:
    assert "policy" not in status_line(Outlook())


def test_the_end_is_told_alone() -> None:
    assert status_line(but(is_stopping=True)) == "stopping"


def test_the_first_line_is_due_at_once() -> None:
    assert due(Told(), WELL, 0.0)


def test_what_has_not_changed_is_not_told_again() -> None:
    assert not due(told(WELL), WELL, 1e9)


def test_a_count_that_goes_on_waits_for_some_seconds() -> None:
    assert not due(told(WELL), but(packets=1235), 100.0 + TELL_EVERY_S - 0.1)
    assert due(told(WELL), but(packets=1235), 100.0 + TELL_EVERY_S)


def test_a_change_of_state_is_told_at_once() -> None:
    for change in ({"servers_up": 1}, {"activity": "restarting the chip"}, {"policy_serial": 13}, {"remark": "x"}):
        assert due(told(WELL), but(**change), 100.0), change


def test_what_gets_stuck_or_goes_on_is_told_at_once_and_for_how_long_is_not() -> None:
    stuck = but(stuck="radio thread (for 8 s)")
    assert due(told(WELL), stuck, 100.0)
    assert not due(told(stuck), but(stuck="radio thread (for 9 s)"), 101.0)
    assert due(told(stuck), WELL, 101.0)
