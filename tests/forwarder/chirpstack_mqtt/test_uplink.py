"""What a packet that was heard comes to."""

import msgspec
import pytest
from hypothesis import given

from forwarder.backend import Uplink
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.protobuf import encode
from forwarder.chirpstack_mqtt.uplink import LATE_CONTEXT, uplink_frame
from radio.packets import CodingRate, CrcStatus
from tests.forwarder.semtech_udp.uplinks import FSK, uplink, uplinks
from tests.packets import packet


def frame(of: Uplink) -> gw.UplinkFrame:
    return uplink_frame(of, "aa555a00000000a1", 5)


def rx_info(of: Uplink) -> gw.UplinkRxInfo:
    info = frame(of).rx_info
    assert info is not None
    return info


def test_a_lora_packet_in_the_servers_units() -> None:
    assert frame(uplink()) == gw.UplinkFrame(
        phy_payload=b"samepayload!",
        tx_info=gw.UplinkTxInfo(868_300_000, gw.Modulation(lora=gw.LoraModulationInfo(125_000, 7, code_rate=1))),
        rx_info=gw.UplinkRxInfo(
            gateway_id="aa555a00000000a1",
            uplink_id=5,
            rssi=-113,
            snr=2.5,
            channel=1,
            rf_chain=1,
            context=(999_532).to_bytes(4, "big"),
            crc_status=gw.CrcStatus.CRC_OK,
        ),
    )


def test_an_fsk_packet_has_its_bit_rate_alone_and_no_snr() -> None:
    fsk = frame(uplink(0, **FSK, snr_db=3.0))
    assert fsk.tx_info == gw.UplinkTxInfo(868_300_000, gw.Modulation(fsk=gw.FskModulationInfo(datarate=50_000)))
    assert fsk.rx_info is not None
    assert fsk.rx_info.snr == 0.0


@given(uplinks)
def test_two_gateways_tell_of_one_packet_in_the_same_bytes(heard: Uplink) -> None:
    """Whatever differs between receivers must not be in `tx_info`: the server knows the uplink by it."""
    elsewhere = packet(
        payload=heard.packet.payload,
        freq_hz=heard.packet.freq_hz,
        modulation=heard.packet.modulation,
        bandwidth_hz=heard.packet.bandwidth_hz,
        spreading_factor=heard.packet.spreading_factor,
        bitrate_bps=heard.packet.bitrate_bps,
        coding_rate=heard.packet.coding_rate,
    )
    ours, theirs = frame(heard).tx_info, frame(Uplink(elsewhere)).tx_info
    assert ours is not None
    assert theirs is not None
    assert encode(ours) == encode(theirs)


def test_an_uplinks_tx_info_is_the_recorded_one() -> None:
    info = frame(uplink(freq_hz=868_500_000)).tx_info
    assert info is not None
    assert encode(info).hex() == "08a084919e03120a1a0808c8d00710072801"


@pytest.mark.parametrize(("status", "number"), [(CrcStatus.OK, 2), (CrcStatus.BAD, 1), (CrcStatus.ABSENT, 0)], ids=str)
def test_checksums(status: CrcStatus, number: int) -> None:
    assert rx_info(uplink(crc_status=status)).crc_status == number


@pytest.mark.parametrize(("rate", "number"), [*zip(CodingRate, range(1, 5), strict=True), (None, 0)])
def test_code_rates(rate: CodingRate | None, number: int) -> None:
    info = frame(uplink(coding_rate=rate)).tx_info
    assert info is not None
    assert info.modulation is not None
    assert info.modulation.lora is not None
    assert info.modulation.lora.code_rate == number


@pytest.mark.parametrize(("level_dbm", "rssi"), [(-113.5, -114), (-113.4, -113), (0.5, 1), (-0.4, 0)])
def test_levels_are_rounded_as_everywhere(level_dbm: float, rssi: int) -> None:
    assert rx_info(uplink(rssi_channel_dbm=level_dbm)).rssi == rssi


def test_without_a_sure_time_there_is_none() -> None:
    info = rx_info(Uplink(packet(fine_time_ns=5)))
    assert (info.gw_time, info.time_since_gps_epoch, info.fine_time_since_gps_epoch) == (None, None, None)


def test_times() -> None:
    info = rx_info(Uplink(packet(fine_time_ns=999_999_999), utc_ns=1_662_813_015_000_000_001, gps_ms=600_250))
    assert info.gw_time == gw.Timestamp(1_662_813_015, 1)
    assert info.time_since_gps_epoch == gw.Duration(600, 250_000_000)
    assert info.fine_time_since_gps_epoch == gw.Duration(600, 999_999_999)


def test_one_that_comes_late_says_so_with_its_own_time_and_differs_in_nothing_that_it_is_known_by() -> None:
    at_once = Uplink(packet(), utc_ns=1_662_813_015_000_000_000)
    late = msgspec.structs.replace(at_once, late=True)
    assert rx_info(at_once).metadata == {}
    info = rx_info(late)
    assert (info.metadata, info.gw_time) == ({"late": "true"}, gw.Timestamp(1_662_813_015))
    assert frame(late).tx_info == frame(at_once).tx_info


def test_the_answer_to_a_late_one_cannot_be_timed_by_a_counter_that_has_begun_anew() -> None:
    assert rx_info(msgspec.structs.replace(uplink(), late=True)).context == LATE_CONTEXT
    assert len(LATE_CONTEXT) != 4
