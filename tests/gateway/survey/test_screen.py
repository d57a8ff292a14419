"""A survey on a screen: the weakest devices first, and how to read it."""

from typing import Any

import msgspec
import pytest

from gateway.language import Language
from gateway.survey.result import DeviceSurvey, Quantiles, SurveyResult
from gateway.survey.screen import survey_screen

FRENCH = """\
Relevé de réception, 5 min 00 sur 10 min 00                         q : terminer
231 paquets entendus, dont 4 abîmés ; 4 équipements

  équipement       déposant  trames pertes    RSSI dBm    SNR dB  marge dB débit
○ 26010001         metropole     12   33 % -121 (-125) -15 (-19)     2 (1) SF12
◐ 00005EEF10000002 syndicat…     20    5 % -113 (-117)   -6 (-8)     7 (5) SF9+
● 26010003         metropole     20    0 %  -71 (-113)    9 (-8)   17 (12) SF7
  26010004         -              1      -  -80 (-113)         -         - FSK

RSSI, SNR, marge : médiane, et entre parenthèses la valeur que 9 paquets sur 10
dépassent. Marge : SNR au-dessus du minimum du débit. Pertes : trous dans le
compteur de trames. ● bon (10 dB et plus) ◐ juste (5 à 10 dB) ○ faible.
"""


def device(name: str, **changes: Any) -> DeviceSurvey:
    values: dict[str, Any] = {
        "device": name,
        "dev_addr": name,
        "depositor": "metropole",
        "packets": 20,
        "frames": 20,
        "lost": 0,
        "restarts": 0,
        "rssi_dbm": Quantiles(-113.0, -71.0, -60.0),
        "snr_db": Quantiles(-8.0, 9.0, 10.0),
        "margin_db": Quantiles(12.0, 17.0, 18.0),
        "data_rates": {"SF7BW125": 20},
        "channels": (),
        "first_s": 0.0,
        "last_s": 290.0,
    }
    return DeviceSurvey(**(values | changes))


RESULT = SurveyResult(
    gateway_eui="0016C001FF10A235",
    began_unix_s=1_780_000_000.0,
    duration_s=300.0,
    packets=231,
    damaged=4,
    untold=0,
    devices=(
        device(
            "26010001",
            frames=12,
            lost=6,
            rssi_dbm=Quantiles(-125.0, -121.0, -110.0),
            snr_db=Quantiles(-19.2, -15.1, -14.0),
            margin_db=Quantiles(1.2, 2.4, 6.0),
            data_rates={"SF12BW125": 12},
        ),
        device(
            "00005EEF10000002",
            depositor="syndicat-eaux",
            lost=1,
            rssi_dbm=Quantiles(-117.0, -113.0, -110.0),
            snr_db=Quantiles(-7.5, -5.5, -2.0),
            margin_db=Quantiles(5.0, 7.0, 9.0),
            data_rates={"SF9BW125": 12, "SF10BW125": 8},
        ),
        device("26010003"),
        device(
            "26010004",
            depositor=None,
            frames=1,
            lost=None,
            rssi_dbm=Quantiles(-113.0, -80.0, -60.0),
            snr_db=None,
            margin_db=None,
            data_rates={"FSK50k": 1},
        ),
    ),
)


def screen(result: SurveyResult, language: Language = "fr", height: int = 12, width: int = 80, **more: Any) -> str:
    lines = survey_screen(result, language, whole_s=600.0, width=width, height=height, **more)
    return "".join(f"{line.rstrip()}\n" for line in lines).replace("\u00a0", " ").replace("\u2013", "-")


def test_in_french() -> None:
    assert screen(RESULT) == FRENCH


def test_in_english() -> None:
    text = screen(RESULT, "en")
    assert "Reception survey, 5 min 00 of 10 min 00" in text
    assert "○ 26010001         metropole     12    33% -121 (-125) -15 (-19)     2 (1) SF12" in text
    assert "Margin: SNR above the least that the data rate needs." in text


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 8), (1, 1)])
def test_it_never_exceeds_the_terminal(language: Language, width: int, height: int) -> None:
    lines = survey_screen(RESULT, language, whole_s=None, width=width, height=height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_where_there_is_no_room_the_best_heard_are_counted() -> None:
    assert "et 2 autres équipements, mieux reçus" in screen(RESULT, height=11)


def test_where_nothing_was_heard_it_says_what_to_do() -> None:
    assert "faites-en émettre un à proximité" in screen(msgspec.structs.replace(RESULT, devices=()))


def test_a_gateway_that_is_gone_is_told() -> None:
    assert "La passerelle ne répond plus" in screen(RESULT, is_gone=True)
