"""[notices]: what is accepted, and what contradicts itself."""

from pathlib import Path

import pytest

from gateway.config import ConfigError, parse_config
from gateway.notices.settings import NoticesSettings, SmtpSettings, WebhookSettings

REST = '[radio]\nregion_plan = "EU868"\n[[server]]\nname = "main"\nhost = "localhost"\n'
POLICY = '[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["/etc/host.pem"]\nfile = "/etc/policy.toml"\n'
SMTP = '[notices.smtp]\nhost = "smtp.example"\nsender = "gateway@city.example"\n'


def mistakes(text: str) -> dict[str, str]:
    """Path of each mistake, and its line."""
    with pytest.raises(ConfigError) as caught:
        parse_config((text + REST).encode())
    return {problem.path: str(problem) for problem in caught.value.problems}


def notices(text: str) -> NoticesSettings:
    found = parse_config((POLICY + text + REST).encode()).notices
    assert found is not None
    return found


def smtp(text: str) -> SmtpSettings:
    found = notices(SMTP + text).smtp
    assert found is not None
    return found


def test_without_the_section_nothing_is_told() -> None:
    assert parse_config((POLICY + REST).encode()).notices is None


def test_the_least_e_mail_is_a_server_and_a_sender_with_tls() -> None:
    assert notices(SMTP) == NoticesSettings(
        smtp=SmtpSettings("smtp.example", 587, "gateway@city.example", "Candélabre"), webhook=None, ceiling_per_hour=6
    )


def test_the_sender_has_the_gateways_name_unless_it_has_another() -> None:
    assert smtp('[gateway]\nname = "tour-perret"\n').sender_name == "Candélabre tour-perret"
    assert smtp('sender_name = "Ville"\n').sender_name == "Ville"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_port_goes_with_the_security(security: str, port: int) -> None:
    assert smtp(f'security = "{security}"\n').port == port
    assert smtp(f'security = "{security}"\nport = 2525\n').port == 2525


def test_all_of_e_mail() -> None:
    text = """ca_file = "/ca.pem"
        sender_name = "Ville"
        username = "user"
        password_file = "credential:smtp"
        bounces_to = "desk@city.example"
    """
    assert smtp(text) == SmtpSettings(
        host="smtp.example",
        port=587,
        sender="gateway@city.example",
        sender_name="Ville",
        ca_file=Path("/ca.pem"),
        username="user",
        password_file="credential:smtp",
        bounces_to="desk@city.example",
    )


def test_webhooks_need_their_section_which_may_be_empty() -> None:
    assert notices("[notices.webhook]\n") == NoticesSettings(None, WebhookSettings())
    assert notices('[notices.webhook]\nca_file = "/ca.pem"\n').webhook == WebhookSettings(Path("/ca.pem"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_mail_server_on_the_gateway_itself_may_do_without_encryption(host: str) -> None:
    plain = notices(SMTP.replace("smtp.example", host) + 'security = "none"\n').smtp
    assert plain is not None
    assert (plain.security, plain.port) == ("none", 25)


def test_no_other_does() -> None:
    assert set(mistakes(POLICY + SMTP + 'security = "none"\n')) == {"notices.smtp.security"}


def test_without_a_policy_there_are_no_contacts() -> None:
    assert set(mistakes(SMTP)) == {"notices"}


def test_a_policy_with_a_mistake_is_not_a_missing_one() -> None:
    assert "notices" not in mistakes(SMTP + '[policy]\nwhen_none_valid = "perhaps"\n')


def test_a_section_without_a_channel_tells_nobody() -> None:
    assert set(mistakes(f"{POLICY}[notices]\nceiling_per_hour = 6\n")) == {"notices.smtp"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('username = "user"', "password_file"),
        ('password_file = "/password"', "username"),
        ('password = "secret"', "password"),
        ('security = "ssl"', "security"),
        ("port = 70000", "port"),
        ('bounces_to = "nobody"', "bounces_to"),
        ('ca_file = "ca.pem"', "ca_file"),
    ],
)
def test_what_does_not_fit_is_refused(line: str, key: str) -> None:
    assert set(mistakes(f"{POLICY}{SMTP}{line}\n")) == {f"notices.smtp.{key}"}


@pytest.mark.parametrize("line", ['username = "user"\npassword_file = "/p"', 'ca_file = "/ca.pem"'])
def test_a_password_is_not_sent_without_encryption(line: str) -> None:
    text = SMTP.replace("smtp.example", "localhost") + f'security = "none"\n{line}\n'
    assert set(mistakes(POLICY + text)) == {f"notices.smtp.{each.split()[0]}" for each in line.splitlines()}


@pytest.mark.parametrize("ceiling", ["1", "61", "0", '"6"', "2.5"])
def test_a_ceiling_is_a_small_number(ceiling: str) -> None:
    found = mistakes(f"{POLICY}[notices]\nceiling_per_hour = {ceiling}\n{SMTP}")
    assert set(found) == {"notices.ceiling_per_hour"}


@pytest.mark.parametrize("host", ["smtp://host", "host:25", "a b", ""])
def test_a_host_is_a_host_alone(host: str) -> None:
    assert set(mistakes(POLICY + SMTP.replace("smtp.example", host))) == {"notices.smtp.host"}
