"""What a receiver says, byte by byte."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.gnss import (
    MOST_UBX_PAYLOAD,
    UBX_OVERHEAD,
    GnssEvent,
    GnssReader,
    GpsReading,
    NoPosition,
    NoTime,
    Position,
    TimeSource,
    UtcReading,
    enable_nav_timegps,
    ubx_frame,
)

NS_PER_S = 1_000_000_000
RMC = "GPRMC,120000.00,A,4717.1,N,00833.9,E,0,0,010126,,,A"
RMC_UTC_NS = 1_767_268_800 * NS_PER_S
GGA = "GNGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,"


def nmea(body: str) -> bytes:
    """A sentence with its checksum."""
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode()


def timegps(
    *, tow_ms: int = 100_818_000, fraction_ns: int = 25_000, week: int = 2399, leap_s: int = 18, valid: int = 7
) -> bytes:
    """A NAV-TIMEGPS, accurate to 20 ns."""
    return ubx_frame((0x01, 0x20), struct.pack("<IihbBI", tow_ms, fraction_ns, week, leap_s, valid, 20))


def read(data: bytes) -> list[GnssEvent]:
    """The events of a fresh reader."""
    return GnssReader().feed(data)


class TestRmc:
    """UTC, and whether it is true."""

    def test_a_fix_gives_utc(self) -> None:
        assert read(nmea(RMC)) == [UtcReading(RMC_UTC_NS)]

    @pytest.mark.parametrize(
        ("fraction", "expected_ns"), [(".34", 340_000_000), (".000000001", 1), ("", 0), (".9", 900_000_000)]
    )
    def test_fractions_are_exact(self, fraction: str, expected_ns: int) -> None:
        assert read(nmea(RMC.replace(".00", fraction))) == [UtcReading(RMC_UTC_NS + expected_ns)]

    @pytest.mark.parametrize("mode", ["A", "D"])
    def test_autonomous_and_differential_are_a_fix(self, mode: str) -> None:
        assert read(nmea(RMC[:-1] + mode)) == [UtcReading(RMC_UTC_NS)]

    @pytest.mark.parametrize("mode", ["N", "E", "M", "S", "X", ""])
    def test_an_estimate_is_no_time(self, mode: str) -> None:
        assert read(nmea(RMC[:-1] + mode)) == [NoTime(TimeSource.RMC)]

    def test_a_warning_is_no_time(self) -> None:
        assert read(nmea(RMC.replace(",A,", ",V,", 1))) == [NoTime(TimeSource.RMC)]

    def test_without_any_satellite_it_is_no_time(self) -> None:
        assert read(nmea("GPRMC,,V,,,,,,,,,,N")) == [NoTime(TimeSource.RMC)]

    def test_the_field_of_nmea_4_1_is_read_over(self) -> None:
        assert read(nmea(RMC + ",V")) == [UtcReading(RMC_UTC_NS)]

    @pytest.mark.parametrize("body", [RMC[:-2], RMC + ",V,V"])
    def test_another_number_of_fields_is_ignored(self, body: str) -> None:
        assert read(nmea(body)) == []

    def test_an_inserted_leap_second_is_named(self) -> None:
        body = RMC.replace("120000.00", "235960.00").replace("010126", "311216")
        assert read(nmea(body)) == [UtcReading(1_483_228_800 * NS_PER_S, leap_second=True)]

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            *[
                ("120000.00", time)
                for time in ("240000.00", "126000.00", "120061.00", "120060.00", "12000", "", "1 0000")
            ],
            *[("010126", date) for date in ("000126", "320126", "011326", "290226", "0101", "")],
        ],
    )
    def test_an_impossible_moment_is_counted(self, was: str, becomes: str) -> None:
        reader = GnssReader()
        assert reader.feed(nmea(RMC.replace(was, becomes))) == []
        assert reader.counts.malformed == 1


class TestGga:
    """The position."""

    def test_a_fix_gives_the_position(self) -> None:
        (event,) = read(nmea(GGA))
        assert isinstance(event, Position)
        assert (event.latitude_deg, event.longitude_deg) == pytest.approx((47.285233166, 8.565265), abs=1e-8)
        assert event.altitude_m == 499.6

    def test_south_and_west_are_negative(self) -> None:
        (event,) = read(nmea(GGA.replace(",N,", ",S,").replace(",E,", ",W,")))
        assert isinstance(event, Position)
        assert event.latitude_deg < 0
        assert event.longitude_deg < 0

    @pytest.mark.parametrize("quality", ["0", "6", "7", "8", ""])
    def test_without_fix_there_is_none(self, quality: str) -> None:
        assert read(nmea(GGA.replace(",1,08", f",{quality},08"))) == [NoPosition()]

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            *[("4717.11399", latitude) for latitude in ("9100.0", "4760.0", "47", "", "-717.1")],
            *[("00833.91590", longitude) for longitude in ("18100.0", "833.9", "")],
            *[("499.6", altitude) for altitude in ("nan", "1e3", "", "inf", "4_9")],
            (",N,", ",X,"),
            (",E,", ",,"),
        ],
    )
    def test_an_impossible_place_is_counted(self, was: str, becomes: str) -> None:
        reader = GnssReader()
        assert reader.feed(nmea(GGA.replace(was, becomes))) == []
        assert reader.counts.malformed == 1


class TestNavTimegps:
    """GPS time, and whether it is true."""

    def test_week_time_of_week_and_fraction_add_up(self) -> None:
        assert read(timegps()) == [GpsReading(1_451_016_018 * NS_PER_S + 25_000, 18, 20)]

    def test_a_negative_fraction_borrows_from_the_second(self) -> None:
        assert read(timegps(fraction_ns=-1)) == [GpsReading(1_451_016_018 * NS_PER_S - 1, 18, 20)]

    def test_leap_seconds_may_be_unknown(self) -> None:
        assert read(timegps(valid=3)) == [GpsReading(1_451_016_018 * NS_PER_S + 25_000, None, 20)]

    @pytest.mark.parametrize("valid", [0, 1, 2, 4, 5, 6])
    def test_time_needs_a_valid_second_and_a_valid_week(self, valid: int) -> None:
        assert read(timegps(valid=valid)) == [NoTime(TimeSource.NAV_TIMEGPS)]

    @pytest.mark.parametrize(
        "frame",
        [
            timegps(tow_ms=604_800_000),
            timegps(week=-1),
            timegps(fraction_ns=1_000_001),
            ubx_frame((0x01, 0x20), bytes(15)),
        ],
    )
    def test_impossible_contents_are_counted(self, frame: bytes) -> None:
        reader = GnssReader()
        assert reader.feed(frame) == []
        assert reader.counts.malformed == 1

    def test_other_messages_are_ignored(self) -> None:
        reader = GnssReader()
        assert reader.feed(ubx_frame((0x05, 0x01), b"\x06\x01") + ubx_frame((0x01, 0x07), bytes(92))) == []
        assert reader.counts.ignored == 2


class TestFraming:
    """Where sentences begin and end."""

    STREAM = nmea(GGA) + nmea(RMC) + timegps()

    @pytest.mark.parametrize("size", [1, 2, 7, 64])
    def test_pieces_of_any_size_give_the_same_events(self, size: int) -> None:
        reader = GnssReader()
        events = [
            event
            for start in range(0, len(self.STREAM), size)
            for event in reader.feed(self.STREAM[start : start + size])
        ]
        assert events == read(self.STREAM)
        assert reader.counts.discarded_bytes == 0

    def test_an_event_comes_with_the_last_byte_of_its_sentence(self) -> None:
        reader = GnssReader()
        assert reader.feed(timegps()[:-1]) == []
        assert len(reader.feed(timegps()[-1:])) == 1

    @pytest.mark.parametrize("position", range(len(timegps())))
    def test_any_wrong_bit_in_a_ubx_frame_costs_that_frame_only(self, position: int) -> None:
        broken = bytearray(timegps())
        broken[position] ^= 0x10
        # A wrong length swallows what follows, until as many bytes have come.
        events = read(bytes(broken) + nmea(RMC) + nmea(RMC) * (MOST_UBX_PAYLOAD // len(nmea(RMC)) + 90))
        assert events[0] == UtcReading(RMC_UTC_NS)
        assert all(isinstance(event, UtcReading) for event in events)

    @pytest.mark.parametrize("position", range(1, len(nmea(RMC)) - 2))
    def test_any_wrong_bit_in_a_sentence_costs_that_sentence_only(self, position: int) -> None:
        broken = bytearray(nmea(RMC))
        broken[position] ^= 0x01
        assert read(bytes(broken) + timegps()) == read(timegps())

    def test_a_wrong_checksum_is_counted(self) -> None:
        reader = GnssReader()
        reader.feed(nmea(RMC).replace(b"*5C", b"*5D") + timegps()[:-1] + b"\0")
        assert reader.counts.checksum_errors == 2

    @pytest.mark.parametrize("garbage", [b"$GPR", b"\xb5", b"\xb5b\x01\x20\xff\xff", b"$" * 40, b"\r\n*", b"\xb5$"])
    def test_a_sentence_is_found_after_garbage(self, garbage: bytes) -> None:
        assert read(garbage + nmea(RMC)) == [UtcReading(RMC_UTC_NS)]

    def test_a_sentence_that_never_ends_is_given_up(self) -> None:
        reader = GnssReader()
        reader.feed(b"$" + b"A" * 500)
        assert reader.counts.discarded_bytes == 501
        assert reader.feed(nmea(RMC)) == [UtcReading(RMC_UTC_NS)]

    @pytest.mark.parametrize(
        "body", ["GPGSV,3,1,11,01,40,083,46", "GPZDA,082710.00,16,09,2026,00,00", "PUBX,04", "BDRMC", "GP", ""]
    )
    def test_other_sentences_are_ignored(self, body: str) -> None:
        reader = GnssReader()
        assert reader.feed(nmea(body)) == []
        assert reader.counts.ignored == 1

    @given(st.lists(st.binary(max_size=200) | st.sampled_from([nmea(RMC), timegps(), b"$", b"\xb5b"]), max_size=20))
    def test_no_bytes_raise_and_none_are_kept_for_ever(self, pieces: list[bytes]) -> None:
        reader = GnssReader()
        for piece in pieces:
            for event in reader.feed(piece):
                assert event in (*read(nmea(RMC)), *read(timegps()))
        counts = reader.counts
        framed = counts.used + counts.ignored + counts.malformed
        assert sum(map(len, pieces)) - counts.discarded_bytes <= framed * 128 + MOST_UBX_PAYLOAD + UBX_OVERHEAD

    @given(st.text(st.characters(codec="ascii", exclude_characters="$*\r\n"), max_size=110))
    def test_no_sentence_with_a_right_checksum_raises(self, text: str) -> None:
        for prefix in ("", "GPRMC,", "GNGGA,"):
            GnssReader().feed(nmea(prefix + text))

    @given(st.lists(st.text("0123456789.-AVNSEWDn ", max_size=10), min_size=14, max_size=14))
    def test_no_fields_raise(self, fields: list[str]) -> None:
        for sentence in ("GPRMC", "GPGGA"):
            GnssReader().feed(nmea(",".join([sentence, *fields])))
            GnssReader().feed(nmea(",".join([sentence, "120000", "A", *fields[2:12]])))


class TestRequest:
    """What is sent to the receiver."""

    def test_nav_timegps_is_asked_for_once_a_second_on_serial_ports_and_usb(self) -> None:
        assert enable_nav_timegps().hex() == "b5620601080001200001010100003397"

    def test_a_frame_has_the_checksum_that_receivers_expect(self) -> None:
        # As sx1302_hal 2.1.0 sends it, for the serial ports only.
        payload = bytes.fromhex("0120000101000000")
        assert ubx_frame((0x06, 0x01), payload).hex() == "b56206010800" + payload.hex() + "3294"
