"""A contact's webhook in the policy: which addresses are taken, and that people see it."""

import re

import pytest

from gateway.policy.document import Policy
from gateway.policy.text.dates import calendar_of
from gateway.policy.text.difference import Side, differences
from gateway.policy.text.schema import schema_text
from gateway.policy.text.summary import summary
from tests.gateway.policy.documents import LEAST, depositor, mistakes, policy

PATH = "depositor[0].contact[0].webhook"
LONGEST = "https://a.example/" + "x" * (500 - len("https://a.example/"))


def document(webhook: str, email: str = "") -> str:
    lines = f'[[depositor.contact]]\nrole = "Desk"\nname = "N"\nwebhook = "{webhook}"\n{email}'
    return LEAST + depositor(lines=lines)


@pytest.mark.parametrize(
    "webhook",
    [
        "https://a.example",
        "https://a.example/",
        "https://a.example:8443/x/y?key=1&b=%20#"[:-1],
        "https://127.0.0.1:65535/x",
        "https://[2001:db8::1]:443/x",
        "https://a.example?x",
        LONGEST,
    ],
)
def test_addresses_of_https_are_taken(webhook: str) -> None:
    (contact,) = policy(document(webhook)).depositors[0].contacts
    assert contact.webhook == webhook


@pytest.mark.parametrize(
    "webhook",
    [
        "http://a.example/x",
        "HTTPS://a.example/x",
        "https://user@a.example/x",
        "https://user:password@a.example/x",
        "https://a.example/x#y",
        "https://a.example/a b",
        "https://a.example/é",
        "https://a.example:0/x",
        "https://a.example:65536/x",
        "https://a.example:/x",
        "https:///x",
        "https://",
        "a.example",
        "",
        "https://a.example/x\\n",
        LONGEST + "x",
    ],
)
def test_others_are_refused_by_their_path(webhook: str) -> None:
    assert list(mistakes(document(webhook))) == [PATH]


def test_editors_know_it() -> None:
    (pattern,) = re.findall(r'"webhook": \{[^}]*"pattern": "([^\n]*)"\n', schema_text(), re.DOTALL)
    assert pattern.startswith("^https://")


def told(read: Policy) -> list[str]:
    calendar = calendar_of("Europe/Paris")
    assert calendar is not None
    return [line.strip() for line in summary(read, calendar) if "Notices" in line]


def test_the_summary_says_how_notices_go() -> None:
    webhook = "https://a.example/x"
    assert told(policy(document(webhook))) == ["Notices go by webhook to 1 contact."]
    both = policy(document(webhook, 'email = "desk@a.example"\n'))
    assert told(both) == ["Notices go by e-mail to 1 contact and by webhook to 1 contact."]
    assert told(policy(LEAST + depositor())) == []


def test_a_difference_shows_a_changed_address() -> None:
    calendar = calendar_of("Europe/Paris")
    assert calendar is not None
    old, new = (Side(policy(document(f"https://a.example/{path}")), calendar) for path in "xy")
    assert differences(old, new) == {
        "Depositor metropole": [
            "contact removed: Desk: N https://a.example/x",
            "contact added: Desk: N https://a.example/y",
        ]
    }
