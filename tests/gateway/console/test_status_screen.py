"""The screen of `status`: one page of a terminal, in both languages."""

import re
from typing import Any

import msgspec
import pytest

from gateway.console.snapshot import (
    BrokerPart,
    ClockPart,
    DiskPart,
    GnssPart,
    IncidentPart,
    PolicyPart,
    RadioPart,
    RadioState,
    Repair,
    RoutePart,
    ServerPart,
    Snapshot,
    StorePart,
)
from gateway.console.status_screen import status_screen
from gateway.language import Language
from gateway.terminal import Ink, coloured
from tests.gateway.console.snapshots import PARIS, UNIX_S, WELL, with_

FRENCH_WELL = """\
Candélabre · lampadaire-12 · 0016C001FF10A235                   28/05/2026 22:26
Tout fonctionne.

Radio      SX1302 à l'écoute, dernier paquet il y a 12 s (usuel : 1 min 35)
Trafic     sur 1 h 00 : 1 234 reçus, 34 abîmés, 30 refusés
           descendants : 48 émis sur 50 demandés
           depuis le début : 98 765 reçus, 1 765 abîmés, 1 235 refusés
Serveurs   ● metropole    ChirpStack MQTT répond (il y a 3 s), 95 000 confirmés
           ● secours      Basics Station  répond (il y a 20 s), 0 confirmé
Broker     connecté depuis 2 h 01
Horloge    synchronisée, GNSS : heure connue, impulsion (PPS) il y a 1 s
Politique  n° 12, valable jusqu'au 02/07/2027
           2 déposants : metropole, syndicat-eaux
Liaisons   2 en service
Incidents  aucun en cours
Réserve    vide : aucun message en attente
Machine    disque libre à 62 %, carte à 31 °C, alimentation correcte
Version    0.1.0, en marche depuis 3 j 3 h
"""
ENGLISH_WELL = """\
Candélabre · lampadaire-12 · 0016C001FF10A235                   2026-05-28 22:26
All is well.

Radio      SX1302 listening, last packet 12 s ago (usual silence: 1 min 35)
Traffic    in 1 h 00: 1,234 heard, 34 damaged, 30 refused
           downlinks: 48 emitted of 50 asked for
           since start: 98,765 heard, 1,765 damaged, 1,235 refused
Servers    ● metropole    ChirpStack MQTT answers (3 s ago), 95,000 confirmed
           ● secours      Basics Station  answers (20 s ago), 0 confirmed
Broker     connected for 2 h 01
Clock      synchronised, GNSS: time known, pulse (PPS) 1 s ago
Policy     no. 12, valid until 2027-07-02
           2 depositors: metropole, syndicat-eaux
Links      2 up
Incidents  none open
Store      empty: no message waiting
Machine    62% of the disk free, board at 31 °C, supply good
Version    0.1.0, running for 3 d 3 h
"""
FRENCH_ILL = """\
Candélabre · lampadaire-12 · 0016C001FF10A235                   28/05/2026 22:26
13 points à regarder : la radio est arrêtée : chip start: VERSION should be 0x1…
- le serveur serveur-0 ne répond pas
- le serveur serveur-1 ne répond pas
Que faire : candelabre doctor

Radio      SX130x ARRÊTÉE : chip start: VERSION should be 0x10, found 0x00.
           Check the SPI wiring and the reset pin
           nouvel essai dans 14 s, échec il y a 12 s : remise à zéro de la cart…
Trafic     sur 1 h 00 : 1 234 reçus, 34 abîmés, 30 refusés
           descendants : 48 émis sur 50 demandés
Serveurs   ○ serveur-0    Semtech UDP     N'A JAMAIS RÉPONDU
           et 5 autres, dont 3 muets
Broker     NON CONNECTÉ depuis 1 min 30 (connection refused), 312 messages en a…
Horloge    NON SYNCHRONISÉE, GNSS : pas d'heure (pas d'impulsion (PPS))
Politique  AUCUNE EN VIGUEUR
Liaisons   2 COUPÉES, 1 suspendue
Incidents  deposant-0 : liaison (radio arrêtée), depuis le 28/05/2026 22:16
           et 8 autres
Réserve    1 234 messages en attente d'un serveur (93 % de la place), 5 abandon…
Machine    disque libre à 1 %, TENSION TROP BASSE
Version    0.1.0, en marche depuis 3 j 3 h
"""
PROBLEM = "chip start: VERSION should be 0x10, found 0x00. Check the SPI wiring and the reset pin"
IN_VAIN = Repair(rung="reset_line", trouble="lost", reason="", ago_s=12, mended=False)
ILL = msgspec.structs.replace(
    WELL,
    radio=RadioPart(
        state=RadioState.LOST,
        problem=PROBLEM,
        faults={"bus_errors": 12, "overflows": 2},
        troubles=("lost",),
        next_repair_s=14,
        last_repair=IN_VAIN,
    ),
    servers=tuple(
        ServerPart(name=f"serveur-{n}", kind="semtech_udp", connected=n > 3, unanswered_s=500 + n if n else None)
        for n in range(6)
    ),
    routes=(RoutePart(name="a", servers=("serveur-0", "serveur-1"), active=None),),
    broker=BrokerPart(connected=False, for_s=90, waiting=312, problem="connection refused"),
    clock=ClockPart(
        unix_s=UNIX_S,
        synchronised=False,
        gnss=GnssPart(time_known=False, problem="there was no pulse in the last second"),
    ),
    policy=PolicyPart(serial=None, depositors={f"d-{n}": "" for n in range(30)}, refused="the signature is not right"),
    links={"down": 2, "suspended": 1},
    incidents=tuple(
        IncidentPart(
            id=str(n),
            depositor=f"deposant-{n}",
            about="link",
            state="down",
            detail="radio_lost",
            begin_unix_s=UNIX_S - 600,
        )
        for n in range(9)
    ),
    store=StorePart(waiting=1234, share=0.93, given_up=5),
    disk=DiskPart(free_share=0.01),
    undervoltage=True,
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
both_languages = pytest.mark.parametrize("language", ["fr", "en"])


def screen(snapshot: Snapshot, language: Language) -> str:
    """Its text, with plain spaces in the place of those that do not break."""
    return "".join(f"{line}\n" for line in status_screen(snapshot, language, zone=PARIS)).replace("\u00a0", " ")


def line(label: str, snapshot: Snapshot, language: Language = "en") -> str:
    return next(text for text in screen(snapshot, language).splitlines() if text.startswith(label))


def test_a_gateway_that_is_well_in_french() -> None:
    assert screen(WELL, "fr") == FRENCH_WELL


def test_a_gateway_that_is_well_in_english() -> None:
    assert screen(WELL, "en") == ENGLISH_WELL


def test_a_gateway_of_which_everything_is_wrong_still_fits_one_page() -> None:
    assert screen(ILL, "fr") == FRENCH_ILL


@both_languages
@pytest.mark.parametrize("snapshot", [WELL, ILL], ids=["well", "ill"])
def test_no_line_is_wider_than_80_columns_and_no_screen_higher_than_23_lines(
    language: Language, snapshot: Snapshot
) -> None:
    lines = status_screen(snapshot, language)
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 23


@both_languages
def test_colours_change_nothing_of_the_text(language: Language) -> None:
    lines = status_screen(ILL, language, paint=coloured, zone=PARIS)
    assert [ANSI.sub("", each) for each in lines] == status_screen(ILL, language, zone=PARIS)
    assert any(ANSI.search(each) for each in lines)


@pytest.mark.parametrize(("active", "ink"), [("metropole", Ink.WARN), (None, Ink.BAD)])
def test_a_silent_server_is_red_where_no_other_stands_in_for_it(active: str | None, ink: Ink) -> None:
    silent = ServerPart(name="secours", kind="semtech_udp", connected=False)
    snapshot = msgspec.structs.replace(
        WELL, servers=(silent,), routes=(RoutePart(name="all", servers=("metropole", "secours"), active=active),)
    )
    lines = status_screen(snapshot, "en", paint=coloured)
    assert any("HAS NEVER ANSWERED" in each and ink.value in each for each in lines)


def test_marks_that_belong_to_the_word_before_do_not_begin_a_line_in_french() -> None:
    assert "Trafic     sur 1\u00a0h\u00a000\u00a0: 1\u00a0234 reçus" in "\n".join(status_screen(WELL, "fr", zone=PARIS))


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    snapshot = with_("radio", state=RadioState.LOST, problem="\x1b[2Jgone\nand more\u2028still")
    text = "\n".join(status_screen(snapshot, "en"))
    assert "\x1b" not in text
    assert "[2Jgone and more still" in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"state": RadioState.STARTING, "model": None}, "SX130x is starting"),
        ({"faults": {"overflows": 2}}, "SX1302 listening, last packet 12 s ago"),
    ],
)
def test_the_radio_tells_its_state(changes: dict[str, Any], told: str) -> None:
    assert told in line("Radio", with_("radio", **changes))


def test_a_repair_under_way_is_told() -> None:
    repair = Repair(rung="rearm", trouble="deaf", reason="nothing heard", number=1, ago_s=2)
    assert "repair under way for 2 s: re-arming the receiver (hears nothing)" in screen(
        with_("radio", repair=repair), "en"
    )


def test_a_repair_that_helped_is_told() -> None:
    repair = Repair(rung="restart_chip", trouble="deaf", reason="", ago_s=3_700, mended=True)
    text = screen(with_("radio", last_repair=repair), "fr")
    assert "réparée il y a 1 h 01 : redémarrage de la puce (n'entend plus)" in text


def test_without_a_policy_all_is_forwarded_and_nobody_is_told() -> None:
    plain = msgspec.structs.replace(WELL, policy=None, links=None, incidents=None, broker=None)
    text = screen(plain, "en")
    assert "Policy     none configured: all is forwarded" in text
    assert "Links" not in text
    assert "Broker" not in text


def test_a_radio_that_never_heard_anything_does_not_speak_of_a_last_packet() -> None:
    silent = msgspec.structs.replace(
        with_("radio", heard_s=61.0), since_start=with_("since_start", received=0).since_start
    )
    assert "no packet for 1 min 01" in line("Radio", silent)
