"""The dialogue at a real pseudo-terminal, on a Raspberry Pi whose chip is simulated."""

from pathlib import Path

import pytest

from gateway.config import load_config
from gateway.exit_status import ExitStatus
from gateway.language import Language
from tests.gateway.boards.pi import EUI, Pi
from tests.gateway.setup.dialogue_rig import END_OF_INPUT, Person, setting_up


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines settle at once."""
    monkeypatch.setattr("radio.reset.LINE_S", 0.0)


def answer_the_rest(person: Person) -> None:
    """Everything behind the board, in English."""
    person.until("Region plan [EU868]: ").types("")
    person.until("number [1]: ").types("1")
    person.until("name or address: ").types("lns.example.org")
    person.until("Port [1700]: ").types("")
    person.until("for people").types("tour-perret")
    person.until("[the chip's own]: ").types("")


def test_a_board_that_is_found_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    with setting_up(Pi(23, 27), path) as person:
        person.until("number or name [find out]: ").types("")
        person.until(f"Found: SX1302, EUI {EUI}")
        answer_the_rest(person)
        person.until(f"The chip answers: SX1302, EUI {EUI}.")
        person.until("gateway.toml?").until("[y]: ").types("")
        person.until("written.").until("candelabre doctor")
    config = load_config(path)
    assert person.ended is ExitStatus.OK
    assert (config.radio.board, config.radio.power_pin, config.gateway.name) == ("dragino-pg1302", 27, "tour-perret")
    assert config.servers[0].host == "lns.example.org"
    assert EUI in path.read_text()


def test_several_boards_that_fit_are_offered_by_number(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    with setting_up(Pi(17, 18), path) as person:
        person.until("[find out]: ").types("")
        person.until("1  elecrow-lr1302").until("2  seeed-wm1302").until("number or name: ").types("2")
        answer_the_rest(person)
        person.until("[y]: ").types("y")
        person.until("candelabre doctor")
    assert load_config(path).radio.board == "seeed-wm1302"


def test_a_board_that_is_not_found_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    with setting_up(Pi(6), path) as person:
        person.until("[find out]: ").types("")
        person.until("No SX1302 or SX1303 answers.").until("number or name: ").types("rak2278")
        person.until("Did you mean rak2287?").until("number or name: ").types("rak2287")
        answer_the_rest(person)
        person.until("The chip does not answer now").until("[y]: ").types("y")
        person.until("candelabre doctor")
    assert load_config(path).radio.board == "rak2287"


def test_without_spi_nothing_is_looked_for(tmp_path: Path) -> None:
    pi = Pi(17)
    pi.devices = ()
    with setting_up(pi, tmp_path / "gateway.toml") as person:
        person.until("number or name: ").types("")
        person.until("An answer is needed here.").until("number or name: ").types(END_OF_INPUT)
    assert "find out" not in person.screen
    assert person.ended is None


@pytest.mark.parametrize(
    ("language", "wrong", "objection", "right"),
    [
        ("en", "us999", "One of EU868", ""),
        ("fr", "us999", "L'un de EU868", ""),
    ],
)
def test_a_wrong_answer_is_told_at_once_and_asked_again(
    tmp_path: Path, language: Language, wrong: str, objection: str, right: str
) -> None:
    with setting_up(Pi(17), tmp_path / "gateway.toml", language) as person:
        person.until("[find out]" if language == "en" else "[chercher]").types("rak2287")
        person.until("[EU868]").types(wrong)
        person.until(objection).until("[EU868]").types(right)
        person.until("[1]").types(END_OF_INPUT)
    assert not (tmp_path / "gateway.toml").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with setting_up(Pi(17), tmp_path / "gateway.toml") as person:
        person.until("[find out]: ").types("rak2287")
        person.until("[EU868]: ").types("")
        person.until("[1]: ").types("2")
        person.until("name or address: ").types("mqtt.example.org")
        person.until("Port [8883]: ").types("")
        person.until("[eu868]: ").types("")
        person.until("[the system's]: ").types("/nowhere/ca.pem")
        person.until("There is no file /nowhere/ca.pem.").until("[the system's]: ").types(END_OF_INPUT)
    assert person.ended is None


def test_french_is_asked_in_french(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    with setting_up(Pi(17), path, "fr") as person:
        person.until("Quelle carte porte le concentrateur").until("[chercher] : ").types("rak2287")
        person.until("Plan de fréquences [EU868] : ").types("")
        person.until("[1] : ").types("")
        person.until("nom ou adresse : ").types("lns.exemple.fr")
        person.until("[1700] : ").types("")
        person.until("pour les humains").types("tour-perret")
        person.until("[celui de la puce] : ").types("")
        person.until("[o] : ").types("oui")
        person.until("À déclarer chez le serveur réseau").until("candelabre doctor")
    assert "celui de la puce : 0016C001FF10A235" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("answer", "left"), [("", True), ("n", True), ("perhaps", True), ("y", False)])
def test_a_file_that_is_there_is_replaced_only_when_told(tmp_path: Path, answer: str, left: bool) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text("former\n")
    with setting_up(Pi(17), path) as person:
        person.until("Replace it?").until("[n]: ").types(answer)
        if answer == "perhaps":
            person.until("y or n.").until("[n]: ").types("n")
        if not left:
            person.until("[find out]: ").types("rak2287")
            answer_the_rest(person)
            person.until("[y]: ").types("")
            person.until("The former is kept as").until("candelabre doctor")
    assert (path.read_text() == "former\n") is left
    assert any(kept.read_text() == "former\n" for kept in tmp_path.iterdir())


def test_whoever_says_no_at_the_end_has_written_nothing(tmp_path: Path) -> None:
    with setting_up(Pi(17), tmp_path / "gateway.toml") as person:
        person.until("[find out]: ").types("rak2287")
        answer_the_rest(person)
        person.until("This will be written:").until('board = "rak2287"').until("[y]: ").types("n")
    assert person.ended is None
    assert list(tmp_path.iterdir()) == []
