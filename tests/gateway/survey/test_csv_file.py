"""A survey's file: for a spreadsheet, and read again."""

import csv
from pathlib import Path

import pytest

from gateway.survey.collecting import result_of, survey_of, taken
from gateway.survey.csv_file import COLUMNS, SurveyFileError, csv_text, read_csv, write_csv
from gateway.survey.result import SurveyResult
from tests.gateway.console.snapshots import heard


def example() -> SurveyResult:
    survey = survey_of()
    for number in range(4):
        survey = taken(survey, heard(fcnt=2 * number, frame=number), number * 60.0)
    survey = taken(survey, heard(dev_addr="26019999", snr_db=None, spreading_factor=0, data_rate="FSK50k"), 300.0)
    survey = taken(survey, heard(crc="bad"), 301.0)
    return result_of(survey, gateway_eui="0016C001FF10A235", began_unix_s=1_780_000_000.0, duration_s=600.0)


def test_the_first_line_is_of_all_then_come_devices_each_with_its_channels() -> None:
    rows = list(csv.DictReader(csv_text(example()).splitlines()))
    assert [(row["device"], row["freq_hz"], row["packets"]) for row in rows] == [
        ("", "", "6"),
        ("26011234", "", "4"),
        ("26011234", "868100000", "4"),
        ("26019999", "", "1"),
        ("26019999", "868100000", "1"),
    ]
    device = rows[1]
    assert device["gateway_eui"] == "0016C001FF10A235"
    assert device["began_utc"] == "2026-05-28T20:26:40Z"
    assert (device["lost"], device["loss_share"], device["frames"]) == ("3", "0.4286", "4")
    assert (device["rssi_median_dbm"], device["snr_p10_db"], device["margin_p90_db"]) == ("-107.4", "5.2", "12.8")
    assert device["data_rates"] == "SF7BW125:4"


def test_columns_have_english_names_of_letters_digits_and_underscores() -> None:
    assert all(name.replace("_", "").isalnum() and name.isascii() for name in COLUMNS)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_csv(tmp_path / "survey.csv", example())
    assert read_csv(tmp_path / "survey.csv") == example()


def test_a_survey_of_nothing_is_read_again(tmp_path: Path) -> None:
    nothing = result_of(survey_of(), gateway_eui=None, began_unix_s=1_780_000_000.0, duration_s=1.0)
    write_csv(tmp_path / "survey.csv", nothing)
    assert read_csv(tmp_path / "survey.csv") == nothing


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_csv(tmp_path / "survey.csv", example())
    assert (tmp_path / "survey.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"\xff\xfe",
        csv_text(example()).replace("SF7BW125:4", "SF7").encode(),
        csv_text(example()).split("\n", 2)[0].encode(),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "survey.csv").write_bytes(content)
    with pytest.raises(SurveyFileError, match="is no survey"):
        read_csv(tmp_path / "survey.csv")
