"""A line of traffic is read as the frame that it was written of, with its payload or without; none is a surprise."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forwarder.phypayload import DataFrame, JoinAccept, JoinRequest, parse_phypayload
from gateway.policy.identity.frame_id import frame_id
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from gateway.traffic.line import HeardFrame, LineError, Lost, read_line, write_line, write_lost
from radio.airtime import rx_airtime_us
from radio.packets import CrcStatus, Modulation, RxPacket
from tests.gateway.traffic.frames import DEV_EUI, MIC, data_header, join_header, packets
from tests.packets import packet

EUI = 0x0016C001F1500812
T_MS = 1_672_867_882_173
ADMITTED = Verdict(Outcome.ADMITTED, forwarded=True, depositor="metropole", group="parks", dev_eui=DEV_EUI)
NOBODYS = Verdict(Outcome.UNKNOWN_DEVICE, forwarded=False)
RECORDED_ELSEWHERE: dict[str, Any] = {
    "t_ms": T_MS,
    "dev_eui": "a81758fffe04b1c1",
    "phy": (data_header() + b"secret" + MIC).hex(),
    "fcnt": 71,
    "rx": [
        {"gw": "ae6faa", "t_ms": T_MS, "rssi": -111, "snr": -3.8, "freq_hz": 868_300_000, "datr": "SF12BW125"},
        {"gw": "22dbf4", "t_ms": T_MS, "rssi": -125, "snr": -9, "freq_hz": 868_300_000, "datr": "SF12BW125"},
    ],
}
HEADER_ONLY: dict[str, Any] = {
    "t_ms": T_MS,
    "header": data_header().hex(),
    "size": 19,
    "frame": "0123abcd",
    "rx": [{"datr": "SF7BW125"}],
}


def written(heard: RxPacket, verdict: Verdict = ADMITTED, **wishes: Any) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(write_line(heard, verdict, t_ms=T_MS, gateway_eui=EUI, **wishes))
    return line


def as_heard(heard: RxPacket) -> HeardFrame:
    """What is to be read of a packet, straight from the packet."""
    good = heard.crc_status is CrcStatus.OK
    frame = parse_phypayload(heard.payload) if good else None
    if frame is not None and not isinstance(frame, JoinAccept):
        frame = msgspec.structs.replace(frame, mic=b"")
    is_fsk = heard.modulation is Modulation.FSK
    return HeardFrame(
        t_ms=T_MS,
        frame=frame,
        size_bytes=len(heard.payload),
        frame_id=frame_id(heard.payload) if good else None,
        airtime_us=rx_airtime_us(heard),
        crc_status=heard.crc_status,
        dev_eui=DEV_EUI,
        gateway="0016c001f1500812",
        data_rate=heard.bitrate_bps if is_fsk else f"SF{heard.spreading_factor}BW{heard.bandwidth_hz // 1000}",
    )


@given(heard=packets(), payload=st.booleans(), sure=st.booleans())
def test_what_is_written_is_read_as_it_was_heard(*, heard: RxPacket, payload: bool, sure: bool) -> None:
    line = write_line(heard, ADMITTED, t_ms=T_MS, gateway_eui=EUI, clock_is_sure=sure, payload=payload)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert read_line(line) == as_heard(heard)


def test_a_line_that_others_recorded_is_read() -> None:
    heard = read_line(json.dumps(RECORDED_ELSEWHERE))
    assert isinstance(heard, HeardFrame)
    assert isinstance(heard.frame, DataFrame)
    assert (heard.frame.dev_addr, heard.frame.fcnt, heard.frame.frm_payload_bytes) == (0x48000007, 71, 6)
    assert (heard.t_ms, heard.dev_eui, heard.gateway, heard.data_rate) == (T_MS, DEV_EUI, "ae6faa", "SF12BW125")
    # SF12, 19 bytes at 4/5: Semtech's calculator says 1318.9 ms.
    assert heard.airtime_us == 1_318_912


@pytest.mark.parametrize(
    "header",
    [data_header(), data_header(fopts=b"\x02\x03"), data_header(fport=None, fopts=b"\x02"), data_header(fport=0)],
)
def test_nothing_that_the_application_sent_is_written_nor_the_mic(header: bytes) -> None:
    sent = b"" if header == data_header(fport=None, fopts=b"\x02") else b"secret"
    phy = header + sent + MIC
    line = written(packet(payload=phy))
    assert line["header"] == header.hex()
    assert (line["size"], line["frame"]) == (len(phy), f"{frame_id(phy):08x}")
    assert "phy" not in line
    assert MIC.hex() not in json.dumps(line)


def test_the_payload_is_written_if_it_is_asked_for() -> None:
    phy = data_header() + b"secret" + MIC
    assert written(packet(payload=phy), payload=True)["phy"] == phy.hex()


def test_a_line_tells_who_heard_it_whose_it_is_and_what_became_of_it() -> None:
    assert written(packet(payload=data_header() + MIC)) == {
        "t_ms": T_MS,
        "dev_eui": "a81758fffe04b1c1",
        "header": data_header().hex(),
        "size": 13,
        "frame": f"{frame_id(data_header() + MIC):08x}",
        "fcnt": 71,
        "codr": "4/5",
        "outcome": "admitted",
        "depositor": "metropole",
        "group": "parks",
        "rx": [
            {
                "gw": "0016c001f1500812",
                "t_ms": T_MS,
                "rssi": -113.4,
                "snr": 2.5,
                "freq_hz": 868_300_000,
                "datr": "SF7BW125",
            }
        ],
    }


def test_of_nobodys_frame_no_owner_is_written() -> None:
    line = written(packet(payload=data_header() + MIC), NOBODYS)
    assert line["outcome"] == "unknown_device"
    assert line.keys().isdisjoint({"dev_eui", "depositor", "group"})


def test_a_join_request_is_whole_but_for_its_mic_and_tells_its_device() -> None:
    phy = join_header() + MIC
    line = written(packet(payload=phy), NOBODYS)
    assert (line["header"], line["size"], line["dev_eui"]) == (join_header().hex(), 23, "a81758fffe04b1c1")
    heard = read_line(json.dumps(line))
    assert isinstance(heard, HeardFrame)
    assert isinstance(heard.frame, JoinRequest)
    assert (heard.frame.dev_eui, heard.frame.dev_nonce, heard.dev_eui) == (DEV_EUI, 7, DEV_EUI)


@pytest.mark.parametrize(("status", "word"), [(CrcStatus.BAD, "bad"), (CrcStatus.ABSENT, "absent")])
@pytest.mark.parametrize("payload", [True, False])
def test_of_a_frame_without_a_good_checksum_there_is_the_size_only(
    *, status: CrcStatus, word: str, payload: bool
) -> None:
    line = written(packet(payload=data_header() + b"secret" + MIC, crc_status=status), NOBODYS, payload=payload)
    assert (line["crc"], line["size"]) == (word, 19)
    assert line.keys().isdisjoint({"phy", "header", "frame", "fcnt", "dev_eui"})


def test_a_clock_that_nobody_keeps_right_is_told() -> None:
    heard = packet(payload=data_header() + MIC)
    assert written(heard, clock_is_sure=False)["clock"] == "unsure"
    assert "clock" not in written(heard)


def test_lost_frames_have_a_line_of_their_own() -> None:
    assert write_lost(12) == b'{"lost":12}\n'
    assert read_line(b'{"lost": 12}') == Lost(12)


def changed(line: dict[str, Any], **changes: Any) -> str:
    return json.dumps({key: value for key, value in (line | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "is no JSON object"),
        ('{"x":' * 12_000, "is no JSON object"),
        ("12", "Expected `object`, got `int`"),
        (changed(HEADER_ONLY, t_ms=None), "t_ms: is missing"),
        (changed(HEADER_ONLY, t_ms="1"), "t_ms: Expected `int`, got `str`"),
        (changed(HEADER_ONLY, t_ms=-1), "t_ms: Expected `int` >= 0"),
        (changed(HEADER_ONLY, rx=None), "rx: is missing"),
        (changed(HEADER_ONLY, rx=[]), "rx: Expected `array` of length >= 1"),
        (changed(HEADER_ONLY, rx=[{}]), "rx[0].datr: is missing"),
        (changed(HEADER_ONLY, rx=[{"datr": "SF13BW125"}]), 'rx[0].datr: must be "SF5BW125" to "SF12BW500"'),
        (changed(HEADER_ONLY, dev_eui="a81758"), "dev_eui: must be 16 hexadecimal digits"),
        (changed(HEADER_ONLY, size=None), "size: is missing, and so is phy"),
        (changed(HEADER_ONLY, frame=None), "frame: is missing, and so is phy"),
        (changed(HEADER_ONLY, size=12), "header: is not that of a LoRaWAN frame of 12 bytes"),
        (changed(HEADER_ONLY, header="e0"), "header: is not that of a LoRaWAN frame of 19 bytes"),
        (changed(HEADER_ONLY, header=data_header(fport=None).hex()), "header: is not that of a LoRaWAN frame"),
        (changed(HEADER_ONLY, crc="bad", size=None), "size: is missing"),
        (changed(HEADER_ONLY, crc="good"), "crc: is none of the words that are allowed"),
        (changed(RECORDED_ELSEWHERE, phy="800"), "phy: must be pairs of hexadecimal digits"),
        (changed(RECORDED_ELSEWHERE, size=18), "size: is 18, and phy has 19 bytes"),
        (changed(RECORDED_ELSEWHERE, frame="00000000"), "frame: is not that of phy"),
        (changed(RECORDED_ELSEWHERE, header="80"), "header: is not that of phy"),
    ],
)
def test_a_mistake_is_named_by_its_key(line: str, told: str) -> None:
    with pytest.raises(LineError) as caught:
        read_line(line)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("phy", ["SECRET", "5ec4e7", "5ec4e75ec4e75ec4e75ec4e75ec4e"])
def test_no_mistake_repeats_a_payload(phy: str) -> None:
    for line in (changed(RECORDED_ELSEWHERE, phy=phy, size=200), f'{{"phy":"{phy}"', f'{{"phy":"{phy}"}}'):
        with pytest.raises(LineError) as caught:
            read_line(line)
        assert phy not in str(caught.value)


def read_or_refuse(line: str | bytes) -> HeardFrame | Lost | LineError:
    try:
        return read_line(line)
    except LineError as error:
        return error


KEYS = st.sampled_from([*RECORDED_ELSEWHERE, *HEADER_ONLY, "crc", "codr", "lost", "clock", "datr", "gw"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["80", "SF7BW125", "bad"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@given(st.text() | st.binary() | VALUES.map(json.dumps))
@example("1e999")
@example(b"\xff")
@example(b'{"outcome":"\xff"}')
@example('{"outcome":"\ud800"}')
@example("[" * 65_000)
@example('{"x":' * 30_000)
def test_no_line_is_a_surprise(line: str | bytes) -> None:
    assert isinstance(read_or_refuse(line), HeardFrame | Lost | LineError)


@given(base=st.sampled_from([RECORDED_ELSEWHERE, HEADER_ONLY]), changes=st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_change_of_a_line_is_a_surprise(base: dict[str, Any], changes: dict[str, Any]) -> None:
    assert isinstance(read_or_refuse(json.dumps(base | changes)), HeardFrame | Lost | LineError)
