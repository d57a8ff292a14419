"""[policy] and [broker]: what is accepted, and what contradicts itself."""

from pathlib import Path

import pytest

from gateway.broker.settings import BrokerSettings, Tls
from gateway.config import ConfigError, parse_config

REST = '[radio]\nregion_plan = "EU868"\n[[server]]\nname = "main"\nhost = "localhost"\n'
POLICY = '[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["/etc/host.pem"]\n'
FILE = 'file = "/etc/policy.toml"\n'
BROKER = '[broker]\nhost = "broker.example"\n'


def mistakes(text: str) -> dict[str, str]:
    """Path of each mistake, and its line."""
    with pytest.raises(ConfigError) as caught:
        parse_config((text + REST).encode())
    return {problem.path: str(problem) for problem in caught.value.problems}


def broker(text: str) -> BrokerSettings:
    config = parse_config((text + REST).encode())
    assert config.broker is not None
    return config.broker


def test_without_the_sections_there_is_no_policy_and_no_broker() -> None:
    config = parse_config(REST.encode())
    assert (config.policy, config.broker) == (None, None)


def test_the_least_policy_is_a_choice_a_key_and_a_source() -> None:
    policy = parse_config((POLICY + FILE + REST).encode()).policy
    assert policy is not None
    assert (policy.when_none_valid, policy.host_keys, policy.file) == ("refuse", ("/etc/host.pem",), "/etc/policy.toml")
    assert (policy.topic, policy.bindings_file, policy.bindings_topics, policy.session_keys) == (None, None, (), None)


def test_what_holds_without_a_valid_policy_has_to_be_said() -> None:
    found = mistakes(f'[policy]\nhost_keys = ["/etc/host.pem"]\n{FILE}')
    assert found == {"policy.when_none_valid": 'policy.when_none_valid: missing; give "forward" or "refuse"'}


@pytest.mark.parametrize("value", ['"accept"', "true", "1", '""'])
def test_nothing_but_refuse_or_forward_will_do(value: str) -> None:
    text = f'[policy]\nwhen_none_valid = {value}\nhost_keys = ["/etc/host.pem"]\n{FILE}'
    assert set(mistakes(text)) == {"policy.when_none_valid"}


def test_a_key_and_a_source_are_asked_for_together() -> None:
    assert set(mistakes('[policy]\nwhen_none_valid = "forward"\n')) == {"policy.host_keys", "policy.file"}


def test_a_key_that_is_no_path_is_not_a_missing_one_too() -> None:
    text = POLICY.replace("/etc/host.pem", "host.pem") + FILE
    assert set(mistakes(text)) == {"policy.host_keys[0]"}


def test_what_is_taken_from_topics_needs_a_broker() -> None:
    topics = 'topic = "city/policy"\nbindings_topics = ["application/#"]\n'
    assert set(mistakes(POLICY + topics)) == {"policy.topic", "policy.bindings_topics"}
    policy = parse_config((POLICY + topics + BROKER + REST).encode()).policy
    assert policy is not None
    assert (policy.topic, policy.bindings_topics) == ("city/policy", ("application/#",))


def test_a_broker_with_a_mistake_is_not_a_missing_one() -> None:
    assert set(mistakes(f'{POLICY}topic = "a"\n[broker]\nport = 1883\n')) == {"broker.host"}


@pytest.mark.parametrize("topic", ["", "a/+/b", "#", "a\\u0000"])
def test_a_policys_topic_is_one_topic(topic: str) -> None:
    assert set(mistakes(f'{POLICY}topic = "{topic}"\n{BROKER}')) == {"policy.topic"}


@pytest.mark.parametrize("topic", ["a", "+", "#", "a/+/b", "a/#", "application/+/device/+/event/+", "/a", "a//b"])
def test_topic_filters(topic: str) -> None:
    parse_config(f'{POLICY}{FILE}bindings_topics = ["{topic}"]\n{BROKER}{REST}'.encode())


@pytest.mark.parametrize("topic", ["", "a+", "a/b#", "#/a", "a/+b/c", "a/#/b"])
def test_what_is_no_topic_filter_is_refused(topic: str) -> None:
    assert set(mistakes(f'{POLICY}{FILE}bindings_topics = ["{topic}"]\n{BROKER}')) == {"policy.bindings_topics[0]"}


@pytest.mark.parametrize("value", ["/etc/keys.toml", "credential:session_keys"])
def test_session_keys_are_a_path_or_a_credential(value: str) -> None:
    policy = parse_config(f'{POLICY}{FILE}session_keys = "{value}"\n{REST}'.encode()).policy
    assert policy is not None
    assert policy.session_keys == value


@pytest.mark.parametrize("value", ["keys.toml", "credential:", "credential:a/b", "credential:..", "32F0A1"])
def test_other_session_keys_are_refused(value: str) -> None:
    assert set(mistakes(f'{POLICY}{FILE}session_keys = "{value}"\n')) == {"policy.session_keys"}


@pytest.mark.parametrize("line", ['file = "policy.toml"', "file = 1", 'host_key = "/a"', 'bindings_file = "a"'])
def test_wrong_values_are_refused_by_key(line: str) -> None:
    source = "" if line.startswith("file") else FILE
    assert set(mistakes(f"{POLICY}{source}{line}\n")) == {f"policy.{line.split(maxsplit=1)[0]}"}


def test_the_least_broker_is_a_host_with_tls() -> None:
    assert broker(BROKER) == BrokerSettings(host="broker.example", port=8883, tls=Tls())


def test_without_tls_the_port_is_another() -> None:
    assert broker(f"{BROKER}tls = false\n") == BrokerSettings(host="broker.example", port=1883)
    assert broker(f"{BROKER}tls = false\nport = 8883\n").port == 8883


def test_all_of_a_broker() -> None:
    text = """ca_file = "/ca.pem"
        certificate_file = "/own.pem"
        key_file = "/own.key"
        username = "gateway"
        password_file = "credential:broker"
        client_id = "tour-perret"
        version = "3.1.1"
        keepalive_s = 30
    """
    assert broker(BROKER + text) == BrokerSettings(
        host="broker.example",
        port=8883,
        client_id="tour-perret",
        tls=Tls(Path("/ca.pem"), Path("/own.pem"), Path("/own.key")),
        username="gateway",
        password_file="credential:broker",
        version="3.1.1",
        keepalive_s=30,
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('tls = false\nca_file = "/ca.pem"\n', "broker.ca_file"),
        ('key_file = "/own.key"\n', "broker.certificate_file"),
        ('password_file = "/password"\n', "broker.username"),
        ('password = "secret"\n', "broker.password"),
        ("version = 5\n", "broker.version"),
        ("keepalive_s = 1\n", "broker.keepalive_s"),
        ('client_id = "a b"\n', "broker.client_id"),
    ],
)
def test_what_does_not_fit_together_is_refused(text: str, path: str) -> None:
    assert set(mistakes(BROKER + text)) == {path}


@pytest.mark.parametrize("host", ["mqtt://broker", "broker:1883", "[::1]", "a b", ""])
def test_a_host_is_a_host_alone(host: str) -> None:
    assert set(mistakes(f'[broker]\nhost = "{host}"\n')) == {"broker.host"}
