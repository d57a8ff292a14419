"""The screen of `watch`: all sections on 80 columns and 24 lines, and on others."""

import re

import msgspec
import pytest

from gateway.console.lines import Happened, Line
from gateway.console.snapshot import IncidentPart, ServerPart
from gateway.console.view import View, gone, seen, view_of
from gateway.console.watch_screen import watch_screen
from gateway.language import Language
from gateway.policy.outcome import Outcome
from gateway.terminal import coloured
from radio.packets import TxStatus
from tests.gateway.console.snapshots import PARIS, UNIX_S, WELL, asked, emitted, heard

FRENCH = """\
Candélabre · lampadaire-12 · 0016C001FF10A235              22:27:40  q : quitter
Tout fonctionne.
Paquets : 5 reçus, 1 abîmé, 2 refusés
heure    équipement       déposant   dBm   SNR débit  MHz       o verdict
22:26:40 26011234         metropole -107   5,2 SF7    868.100  23 ✓ admis
22:26:41 00005EEF10000001 -          -99  -3,5 SF12   868.300  23 ✗ inconnu
22:26:42 26011235         syndicat… -120       FSK50k 868.800 200 ! cadence
22:26:43 -                -         -130 -19,0 SF7/2… 868.300  12 ✗ abîmé
22:26:44 26011234         metropole -107   5,2 SF7    868.100  23 ✗ quota air/j





Canaux, part du temps occupée (1 min 00)
868.100 ▮▯▯▯  0,3 % 868.300 ▮▯▯▯  0,2 % 868.800 ▮▯▯▯  0,1 %
Descendants : 2 acceptés, 2 refusés, 1 émis, 1 manqué
22:26:41 26011234         metropole 868.100 SF7    14 dBm ✓ émis
22:26:42 00005EEF10000001 metropole 869.525 SF12   27 dBm ✗ trop tard
22:26:43 26011234         metropole 868.100 SF7    14 dBm ✗ NON ÉMIS : the radi…
Serveurs ● metropole    ChirpStack MQTT répond (il y a 3 s), 95 000 confirmés
         ● secours      Basics Station  répond (il y a 20 s), 0 confirmé
Incidents metropole : liaison (un serveur muet), depuis le 28/05/2026 22:25
          22:26:44 Le serveur de réseau secours répond.
"""
T_MS = UNIX_S * 1000
LINES: tuple[Line, ...] = (
    msgspec.structs.replace(
        WELL,
        incidents=(
            IncidentPart(
                id="1",
                depositor="metropole",
                about="link",
                state="degraded",
                detail="some_servers_silent",
                begin_unix_s=UNIX_S - 100,
            ),
        ),
    ),
    heard(),
    asked(t_ms=T_MS, status=TxStatus.NOT_PERMITTED, outcome=Outcome.DOWNLINK_AIRTIME, number=None),
    heard(
        t_ms=T_MS + 1000,
        kind="join_request",
        dev_addr=None,
        dev_eui="00005EEF10000001",
        depositor=None,
        outcome=Outcome.UNKNOWN_DEVICE,
        forwarded=False,
        freq_hz=868_300_000,
        data_rate="SF12BW125",
        rssi_dbm=-99.0,
        snr_db=-3.5,
    ),
    asked(t_ms=T_MS + 1000, number=4),
    emitted(number=4),
    heard(
        t_ms=T_MS + 2000,
        dev_addr="26011235",
        depositor="syndicat-eaux",
        outcome=Outcome.RATE,
        would_refuse=True,
        freq_hz=868_800_000,
        data_rate="FSK50k",
        rssi_dbm=-120.2,
        snr_db=None,
        size=200,
    ),
    asked(
        t_ms=T_MS + 2000,
        status=TxStatus.TOO_LATE,
        number=None,
        dev_eui="00005EEF10000001",
        freq_hz=869_525_000,
        data_rate="SF12BW125",
        power_dbm=27,
    ),
    heard(
        t_ms=T_MS + 3000,
        kind=None,
        dev_addr=None,
        depositor=None,
        crc="bad",
        outcome=Outcome.BAD_CRC,
        forwarded=False,
        freq_hz=868_300_000,
        data_rate="SF7BW250",
        rssi_dbm=-130.0,
        snr_db=-19.0,
        size=12,
    ),
    asked(t_ms=T_MS + 3000, number=5),
    emitted(number=5, failure="the radio is restarted"),
    heard(t_ms=T_MS + 4000, outcome=Outcome.DAILY_AIRTIME, forwarded=False),
    Happened(
        t_ms=T_MS + 4000,
        level="info",
        fr="Le serveur de réseau secours répond.",
        en="The network server secours answers.",
    ),
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def shown(line: str) -> str:
    """With plain spaces and hyphens, and without colours."""
    return ANSI.sub("", line).replace("\u00a0", " ").replace("\u2013", "-").rstrip()


def full_view() -> View:
    now = view_of(0.0)
    for line in LINES:
        now = seen(now, line, 30.0)
    return now


def screen(view: View, language: Language = "fr", width: int = 80, height: int = 24) -> list[str]:
    lines = watch_screen(view, language, now_s=60.0, unix_s=UNIX_S + 60, width=width, height=height, zone=PARIS)
    return [shown(line) for line in lines]


def test_all_of_it_in_french() -> None:
    assert "".join(f"{line}\n" for line in screen(full_view())) == FRENCH


def test_the_same_in_english() -> None:
    text = "\n".join(screen(full_view(), "en"))
    for part in (
        "All is well.",
        "Packets: 5 heard, 1 damaged, 2 refused",
        "✓ admitted",
        "✗ unknown",
        "! rate",
        "✗ daily air",
        "868.100 ▮▯▯▯   0.3%",
        "Downlinks: 2 accepted, 2 refused, 1 emitted, 1 failed",
        "✗ too late",
        "Incidents metropole: link (a server silent), since 2026-05-28 22:25",
        "22:26:44 The network server secours answers.",
    ):
        assert part in text


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (40, 10), (1, 1), (80, 5)])
def test_it_never_exceeds_the_terminal(language: Language, width: int, height: int) -> None:
    lines = screen(full_view(), language, width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_a_wide_terminal_has_room_for_whole_names() -> None:
    assert "syndicat-eaux" in "\n".join(screen(full_view(), width=120))


def test_packets_get_what_the_rest_leaves_and_the_newest_are_last() -> None:
    view = full_view()
    for number in range(100):
        view = seen(view, heard(t_ms=T_MS + number * 1000), 31.0)
    assert len([line for line in screen(view) if "26011234" in line and "admis" in line]) == 10
    assert screen(view)[13].startswith("22:28:19")


def test_before_anything_is_known_it_waits() -> None:
    assert "En attente de la passerelle…" in screen(view_of(0.0))


def test_a_gateway_that_is_gone_is_told_where_the_verdict_was() -> None:
    assert screen(gone(full_view()))[1].startswith("La passerelle ne répond plus")


def test_every_trouble_has_room_on_one_line() -> None:
    ill = msgspec.structs.replace(WELL, undervoltage=True, stuck=("radio",))
    assert screen(seen(view_of(0.0), ill, 0.0), "en")[1] == (
        "2 things to look at: a part of the program makes no progress: radio; the supply…"
    )


def test_silent_servers_come_first() -> None:
    servers = (*WELL.servers, ServerPart(name="third", kind="semtech_udp", connected=False))
    view = seen(view_of(0.0), msgspec.structs.replace(WELL, servers=servers), 0.0)
    assert next(line for line in screen(view, "en") if line.startswith("Servers")).endswith("HAS NEVER ANSWERED")


def test_colours_change_nothing_of_the_text() -> None:
    lines = watch_screen(
        full_view(), "fr", now_s=60.0, unix_s=UNIX_S + 60, width=80, height=24, zone=PARIS, paint=coloured
    )
    assert [shown(line) for line in lines] == screen(full_view())
