"""A packet as a line, and the table as it fits a terminal."""

import msgspec
import pytest

from gateway.demo.rows import DownlinkRow, Row, heading, line, sender, table
from radio.packets import CrcStatus, Modulation
from tests.packets import PLAIN

DATA = bytes.fromhex("40 12345678 80 0100 01 aabbccdd 01020304")
JOIN = bytes.fromhex("00 0000000000000000 0102030405060708 0a0b 01020304")


@pytest.mark.parametrize(
    ("payload", "claimed"),
    [
        (DATA, "78563412"),
        (JOIN, "0807060504030201"),
        (JOIN[:-1], "no LoRaWAN frame"),
        (DATA[:11], "no LoRaWAN frame"),
        (b"\x60" + DATA[1:], "no LoRaWAN frame"),
        (b"", "no LoRaWAN frame"),
    ],
)
def test_the_sender_is_what_the_frame_claims(payload: bytes, claimed: str) -> None:
    assert sender(payload) == claimed


def test_a_line_fits_80_columns_under_its_heading() -> None:
    packet = msgspec.structs.replace(PLAIN, payload=JOIN * 11, spreading_factor=12, rssi_channel_dbm=-141.0)
    assert len(line(Row("20:55:49", packet, "demo: acked"))) <= 80
    assert len(heading()) <= 80


def test_a_downlink_is_told_in_words_under_the_first_columns() -> None:
    row = DownlinkRow(
        "20:55:49", 0x0102030405060708, 868.3, "SF12BW125", "acknowledgement", "refused, COLLISION_PACKET"
    )
    text = line(row)
    at = heading().index("DevEUI"), heading().index("MHz"), heading().index("rate")
    assert [text[start:].split()[0] for start in at] == ["0102030405060708", "868.300", "SF12BW125"]
    assert text.endswith("acknowledgement: refused, COLLISION_PACKET")
    heard = line(msgspec.structs.replace(row, kind="join accept", fate="heard in class C"))
    assert heard.endswith("join accept: heard in class C")
    assert len(heard) <= 80


def test_fsk_shows_its_bit_rate_and_no_snr() -> None:
    packet = msgspec.structs.replace(PLAIN, modulation=Modulation.FSK, bitrate_bps=50_000, crc_status=CrcStatus.BAD)
    text = line(Row("20:55:49", packet, "left out"))
    assert "FSK 50k" in text
    assert "7.0" not in text
    assert "BAD" in text


def test_the_newest_rows_fill_the_height() -> None:
    rows = [Row(f"00:00:{number:02d}", PLAIN, "demo: sent") for number in range(60)]
    lines = table(["title"], rows, ["note"], width=40, height=20)
    assert len(lines) == 19
    assert max(map(len, lines)) <= 40
    assert [text[:8] for text in lines if text.startswith("00:")][-1] == "00:00:59"
