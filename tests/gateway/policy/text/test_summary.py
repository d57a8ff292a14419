"""What a policy comes to, in sentences."""

import datetime

import pytest

from gateway.policy.text.dates import Calendar
from gateway.policy.text.summary import summary
from tests.gateway.policy.documents import LEAST, depositor, policy


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "published to it, without payloads"),
        ('uplink_topic = "metadata"', "published to it, without payloads"),
        ('uplink_topic = "payload"', "published to it, with their encrypted payloads"),
        ('uplink_topic = "off"', "not published"),
    ],
)
def test_what_is_published_of_a_depositors_uplinks_is_said(lines: str, told: str) -> None:
    said = summary(policy(LEAST + depositor(lines=lines)), Calendar(datetime.UTC))
    assert [line for line in said if "uplinks are" in line] == [f"  Its uplinks are {told}."]
