"""What is said of mistakes in gateway.toml: once, about what somebody wrote or has to write, on a short line."""

from pathlib import Path

import pytest

from gateway.channel_plans import REGION_PLANS
from gateway.config import ConfigError, load_config
from tests.gateway.test_config import RADIO, SERVER, mistakes, parsed

CHAIN = "[[radio.chain]]\nfreq_hz = 868500000\n"
CHANNEL = "[[radio.channel]]\nfreq_hz = 868500000\n"


def only_mistake(text: str) -> str:
    """The one line that a file gets."""
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f'{RADIO}[server]\nname = "main"\nhost = "localhost"\n', "server"),
        (f"{RADIO}[radio.chain]\nfreq_hz = 867500000\n{SERVER}", "radio.chain"),
        (f"{RADIO}[radio.channel]\nfreq_hz = 867500000\n{SERVER}", "radio.channel"),
    ],
)
def test_one_pair_of_brackets_for_two_is_told(text: str, path: str) -> None:
    assert only_mistake(text) == f"{path} = a table: must be one or more tables: [[{path}]]"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        (f"[[gateway]]\n{RADIO}{SERVER}", "[gateway]"),
        (f"server = [1]\n{RADIO}", "[[server]]"),
        (f"{RADIO}[[radio.chain]]\nrssi_temperature = 3\n{SERVER}", "[radio.chain.rssi_temperature]"),
        (f"{RADIO}[[radio.chain]]\ntx_gain_table = [3]\n{SERVER}", "[[radio.chain.tx_gain_table]]"),
    ],
)
def test_a_table_is_shown_as_it_would_be_written(text: str, header: str) -> None:
    assert only_mistake(text).endswith(f"must be a table: {header}")


@pytest.mark.parametrize("host", ["x:1700", "1:2:3", "[::1]", "https://lns", "fe80::1%", "fe80::1%a b", "::g", "a%b"])
def test_what_is_neither_a_name_nor_an_address_is_no_host(host: str) -> None:
    message = only_mistake(f'{RADIO}[[server]]\nname = "main"\nhost = "{host}"\n')
    assert message.endswith("must be a host name or an IP address alone; the ports are port_up and port_down")


@pytest.mark.parametrize(
    "host", ["lns.example.org", "localhost", "192.0.2.1", "::1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0.100"]
)
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert parsed(f'{RADIO}[[server]]\nname = "main"\nhost = "{host}"\n').servers[0].host == host


def test_a_frequency_out_of_range_is_not_missing_as_well() -> None:
    message = only_mistake(f"[radio]\n[[radio.chain]]\nfreq_hz = 1\n{CHANNEL}{SERVER}")
    assert message.startswith("radio.chain[0].freq_hz = 1: must be")


def test_a_wrong_place_of_a_channel_is_not_missing_as_well() -> None:
    message = only_mistake(f'[radio]\n{CHAIN}{CHANNEL}[[radio.channel]]\nif_hz = "0"\nchain = 0\n{SERVER}')
    assert message.startswith('radio.channel[1].if_hz = "0": must be')


@pytest.mark.parametrize("radio", ["", "[radio]\n", '[radio]\nbus = "simulator"\n'])
def test_nothing_to_listen_to_is_one_thing_missing(radio: str) -> None:
    message = only_mistake(radio + SERVER)
    assert message == (
        "radio.region_plan: missing; give a region plan, or [[radio.chain]] and [[radio.channel]] in its place"
    )


@pytest.mark.parametrize(
    "channels",
    [
        CHANNEL,
        CHANNEL + CHANNEL + "[radio.fsk]\nfreq_hz = 868800000\n",
        "[[radio.channel]]\nif_hz = 0\nchain = 0\n",
        "[radio.lora_std]\nfreq_hz = 868500000\n",
    ],
)
def test_channels_without_a_radio_miss_the_radio(channels: str) -> None:
    message = only_mistake(f"[radio]\n{channels}{SERVER}")
    assert message == (
        "radio.chain: missing; give at least one [[radio.chain]] with its centre freq_hz, or a region_plan"
    )


def test_all_radios_switched_off_is_one_mistake_not_one_for_each_channel() -> None:
    off = "[[radio.chain]]\nenabled = false\n"
    assert (
        only_mistake(RADIO + off + off + SERVER) == "radio.chain = a list of 2: must have at least one that is enabled"
    )


def test_a_clock_source_that_nobody_wrote_is_missing_not_wrong() -> None:
    off = "[[radio.chain]]\nenabled = false\n"
    message = only_mistake(f"[radio]\n{off}{CHAIN}{CHANNEL}{SERVER}")
    assert message.startswith("radio.clock_source: missing; give 1")
    message = only_mistake(f"[radio]\nclock_source = 1\n{CHAIN}{CHANNEL}{SERVER}")
    assert message.startswith("radio.clock_source = 1: must be the number of an enabled radio")


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_long_key_is_shortened(quote: str) -> None:
    message = only_mistake(f"{RADIO}{quote}{'k' * 500}{quote} = 1\n{SERVER}")
    assert "k" * 60 + "…" in message
    assert "k" * 61 not in message


def test_a_long_reason_keeps_its_place() -> None:
    message = mistakes(f"[{'k' * 500}]\n[{'k' * 500}]\n")[""]
    assert len(message) < 200
    assert message.endswith("(at line 2, column 502)")


def test_a_number_of_thousands_of_digits_is_told_without_python_s_advice() -> None:
    assert mistakes("a = " + "9" * 5000)[""] == "not TOML: a number has too many digits"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(RADIO + SERVER, encoding="utf-8-sig")
    assert load_config(path).radio.region_plan == "EU868"


def test_after_a_byte_order_mark_a_wrong_byte_is_found_where_it_is() -> None:
    assert mistakes(b"\xef\xbb\xbf[radio]\n# caf\xe9\n")[""] == "not UTF-8 text: byte 0xE9 in line 2"


@pytest.mark.parametrize("region", ["eu868", "EU868_9", "EU868_1"])
def test_a_region_that_is_nearly_right_gets_a_hint(region: str) -> None:
    assert only_mistake(f'{RADIO}[regulation]\nregion = "{region}"\n{SERVER}').endswith("; did you mean EU868?")


def test_an_empty_region_is_not_that_of_the_plan() -> None:
    assert only_mistake(f'{RADIO}[regulation]\nregion = ""\n{SERVER}').startswith(
        'regulation.region = "": must be one of'
    )


def test_a_wrong_region_is_told_beside_a_wrong_plan_and_without_a_transmitter() -> None:
    text = '[radio]\nregion_plan = "EU867"\n[regulation]\nregion = "EU433"\n'
    assert set(mistakes(text + SERVER)) == {"radio.region_plan", "regulation.region"}
    listening = f"[radio]\n{CHAIN}tx_enabled = false\n{CHANNEL}"
    assert only_mistake(f'{listening}[regulation]\nregion = "EU433"\n{SERVER}').startswith("regulation.region")


def test_a_wrong_plan_does_not_ask_for_a_region() -> None:
    assert set(mistakes(f'[radio]\nregion_plan = "EU867"\n{SERVER}')) == {"radio.region_plan"}


def test_a_plan_without_a_law_asks_for_a_region_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGION_PLANS, "EU999", REGION_PLANS["EU868"])
    message = only_mistake(f'[radio]\nregion_plan = "EU999"\n{SERVER}')
    assert message.startswith("regulation.region: missing; give one of EU868, ")
    assert message.endswith(": no law is known for the region plan EU999")


@pytest.mark.parametrize("gain", ["51", "-50.5", "1e308", "9" * 400])
def test_an_antenna_s_gain_is_told_with_its_range(gain: str) -> None:
    message = only_mistake(f"{RADIO}antenna_gain_dbi = {gain}\n{SERVER}")
    assert message.endswith(": must be a number from -50 to 50")


def test_digests_may_be_in_capitals() -> None:
    assert parsed(f'{RADIO}firmware_digests = ["{"AB" * 32}"]\n{SERVER}').radio.firmware_digests == ("AB" * 32,)


@pytest.mark.parametrize(
    "line",
    [
        'password = "hunter2-very-secret"',
        'password_file = "hunter2-very-secret"',
        'Password_File = "hunter2-very-secret"',
    ],
)
def test_what_may_be_a_password_is_not_shown(line: str) -> None:
    text = f'{RADIO}{SERVER}[broker]\nhost = "mqtt.example"\n{line}\n'
    assert "hunter2" not in "".join(mistakes(text).values())
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    assert "hunter2" not in str(caught.value)
    assert "(not shown)" in str(caught.value)
