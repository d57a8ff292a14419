"""Channel plans of all kinds, so that a record meets each of them."""

import msgspec

from radio.sx1302.plan import (
    Channel,
    ConcentratorPlan,
    FskChannel,
    LoraStdChannel,
    Radio,
    TemperatureCompensation,
)

RADIO_A = Radio(freq_hz=867_500_000, rssi_offset_db=-215.4)
RADIO_B = Radio(freq_hz=868_500_000, rssi_temperature=TemperatureCompensation(c=20.41, d=2162.56))
EVERYTHING = ConcentratorPlan(
    (RADIO_A, RADIO_B),
    channels=tuple(Channel(number % 2, (number - 4) * 100_000) for number in range(8)),
    lora_std=LoraStdChannel(1, -200_000),
    fsk=FskChannel(1, 300_000),
)
FINE = msgspec.structs.replace(EVERYTHING, fine_timestamp="all_sf")
IMPLICIT = msgspec.structs.replace(
    EVERYTHING, lora_std=LoraStdChannel(0, 0, implicit_header=True, implicit_crc=True, implicit_coding_rate=2)
)
ONLY_RADIO_A = ConcentratorPlan((RADIO_A, None), (Channel(0, 0),) + (None,) * 7)
ONLY_RADIO_B = ConcentratorPlan((None, RADIO_B), (Channel(1, 0),) + (None,) * 7, clock_source=1)
PLANS = {
    "everything": EVERYTHING,
    "fine timestamps": FINE,
    "implicit header": IMPLICIT,
    "radio A and one channel": ONLY_RADIO_A,
    "radio B and one channel": ONLY_RADIO_B,
}
