"""What watchers get of a packet: how it was heard and whose it is, and never what it carries."""

import msgspec
import pytest

from forwarder.backend import AtOnce, Downlink, TxReceipt
from gateway.console.lines import read_line, write_line
from gateway.console.telling import asked, emitted, heard
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import JudgedDownlink, Verdict
from radio.packets import CrcStatus, Modulation, TxPacket, TxStatus
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxEntry, TxRequest
from tests.gateway.traffic.frames import MIC, data_header
from tests.packets import packet

ADMITTED = Verdict(Outcome.ADMITTED, forwarded=True, depositor="metropole", dev_eui=0x5EEF10000001)
NOBODYS = Verdict(Outcome.UNKNOWN_DEVICE, forwarded=False)
SECRET = b"what the application sends"
T_MS = 1_780_000_000_000
DATA = data_header(fcnt=7) + SECRET + MIC
JOIN = b"\x00" + (0x70B3D57ED0000001).to_bytes(8, "little") + (0x5EEF10000002).to_bytes(8, "little") + b"\x01\x00" + MIC
TO_SEND = TxPacket(DATA, 868_100_000, 14, bandwidth_hz=125_000, spreading_factor=9)


def test_a_data_frame() -> None:
    line = heard(packet(payload=DATA), ADMITTED, T_MS)
    assert (line.kind, line.dev_eui, line.fcnt) == ("confirmed_up", "00005EEF10000001", 7)
    assert line.dev_addr is not None
    assert len(line.dev_addr) == 8
    assert (line.depositor, line.outcome, line.forwarded) == ("metropole", Outcome.ADMITTED, True)
    assert line.size == len(DATA)
    assert line.airtime_us > 0


def test_a_join_request_names_its_device_itself() -> None:
    line = heard(packet(payload=JOIN), NOBODYS, T_MS)
    assert (line.kind, line.dev_eui, line.dev_addr) == ("join_request", "00005EEF10000002", None)


def test_a_damaged_packet_is_nobodys() -> None:
    line = heard(packet(payload=DATA, crc_status=CrcStatus.BAD), Verdict(Outcome.BAD_CRC, forwarded=False), T_MS)
    assert (line.crc, line.kind, line.dev_addr, line.frame) == ("bad", None, None, None)


def test_fsk_has_a_bit_rate_and_no_snr() -> None:
    line = heard(packet(payload=DATA, modulation=Modulation.FSK, bitrate_bps=50_000), ADMITTED, T_MS)
    assert (line.data_rate, line.snr_db) == ("FSK50k", None)


def test_a_repetition_has_the_same_frame() -> None:
    once, again = (heard(packet(payload=DATA, freq_hz=hz), ADMITTED, T_MS) for hz in (868_100_000, 868_300_000))
    assert once.frame == again.frame


@pytest.mark.parametrize("payload", [DATA, JOIN, b"\xe0" + SECRET, b""])
def test_no_payload_goes_out(payload: bytes) -> None:
    line = write_line(heard(packet(payload=payload), ADMITTED, T_MS))
    assert SECRET not in line
    assert SECRET.hex().encode() not in line.lower()
    assert payload[:5].hex().encode() not in line.lower() or not payload


def test_a_line_is_read_as_it_was_written() -> None:
    line = heard(packet(payload=DATA), ADMITTED, T_MS)
    assert read_line(write_line(line)) == line


def test_what_is_no_line_is_a_decode_error() -> None:
    for text in (b"", b"{", b"[]", b'{"type":"other"}', b"\xff", b"[" * 100_000):
        with pytest.raises(msgspec.DecodeError):
            read_line(text)


def test_a_request_that_was_accepted_has_its_emissions_number() -> None:
    downlink = Downlink("ns", 5, TO_SEND, AtOnce())
    line = asked(downlink, JudgedDownlink(ADMITTED), TxReceipt(TxStatus.OK, 12, (3, 4_000)), T_MS)
    assert (line.number, line.power_dbm, line.status, line.outcome) == (3, 12, TxStatus.OK, None)
    assert (line.server, line.depositor, line.data_rate) == ("ns", "metropole", "SF9BW125")
    assert SECRET.hex().encode() not in write_line(line).lower()


def test_a_request_that_the_policy_refused_says_why() -> None:
    verdict = Verdict(Outcome.DOWNLINK_AIRTIME, forwarded=False, depositor="metropole")
    line = asked(Downlink("ns", 5, TO_SEND, AtOnce()), JudgedDownlink(verdict), TxReceipt(TxStatus.NOT_PERMITTED), T_MS)
    assert (line.outcome, line.number) == (Outcome.DOWNLINK_AIRTIME, None)


def test_a_request_without_a_radio_was_judged_by_nobody() -> None:
    line = asked(Downlink("ns", 5, TO_SEND, AtOnce()), None, TxReceipt(TxStatus.RADIO_DOWN), T_MS)
    assert (line.status, line.depositor) == (TxStatus.RADIO_DOWN, None)


@pytest.mark.parametrize(("tx_class", "beacon"), [(TxClass.A, False), (TxClass.BEACON, True)])
def test_an_emission(tx_class: TxClass, beacon: bool) -> None:
    entry = TxEntry(3, TxRequest(TO_SEND, tx_class, 51_000, 4_000, "ns"), 4_000)
    line = emitted(EmissionReport(entry, "too late"), T_MS)
    assert (line.number, line.server, line.failure, line.beacon) == (3, "ns", "too late", beacon)
    assert line.airtime_us == 51_000
