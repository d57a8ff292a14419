"""Channel plans for tests: what gateways of several regions and boards listen to."""

import msgspec

from radio.sx1302.plan import (
    Channel,
    ConcentratorPlan,
    FskChannel,
    LoraStdChannel,
    Radio,
    TemperatureCompensation,
    TxGain,
)

RSSI_DRIFT = TemperatureCompensation(c=20.41, d=2162.56)

EU868 = ConcentratorPlan(
    radios=(
        Radio(867_500_000, rssi_offset_db=-215.4, rssi_temperature=RSSI_DRIFT),
        Radio(868_500_000, rssi_offset_db=-215.4, rssi_temperature=RSSI_DRIFT),
    ),
    channels=(
        *(Channel(1, if_hz) for if_hz in (-400_000, -200_000, 0)),
        *(Channel(0, if_hz) for if_hz in (-400_000, -200_000, 0, 200_000, 400_000)),
    ),
    lora_std=LoraStdChannel(1, -200_000),
    fsk=FskChannel(1, 300_000),
)
US915 = ConcentratorPlan(
    radios=(Radio(904_300_000, rssi_offset_db=-215.4), Radio(905_000_000, rssi_offset_db=-215.4)),
    channels=(
        *(Channel(0, if_hz) for if_hz in (-400_000, -200_000, 0, 200_000)),
        *(Channel(1, if_hz) for if_hz in (-300_000, -100_000, 100_000, 300_000)),
    ),
    lora_std=LoraStdChannel(0, 300_000, bandwidth_hz=500_000, spreading_factor=8),
    clock_source=1,
)
ONE_RADIO = ConcentratorPlan(
    radios=(Radio(868_300_000, single_input=True), None),
    channels=(*(Channel(0, if_hz) for if_hz in (-200_000, 0, 200_000)), *(None,) * 5),
    public_network=False,
)
CN490_WITHOUT_EXTRAS = msgspec.structs.replace(
    EU868, radios=(Radio(471_400_000), Radio(475_000_000)), lora_std=None, fsk=None
)
FINE = msgspec.structs.replace(EU868, fine_timestamp="all_sf")
FINE_HIGH_CAPACITY = msgspec.structs.replace(EU868, fine_timestamp="high_capacity")

TX_GAINS = (TxGain(12, 0, 15), TxGain(14, 0, 17), TxGain(20, 1, 3), TxGain(27, 1, 14))


def transmitting(plan: ConcentratorPlan) -> ConcentratorPlan:
    """The plan, its first radio allowed to transmit."""
    first, second = plan.radios
    assert first is not None
    return msgspec.structs.replace(
        plan, radios=(msgspec.structs.replace(first, tx_enabled=True, tx_gain_table=TX_GAINS), second)
    )


PLANS = {
    "EU868": EU868,
    "US915": US915,
    "one radio": ONE_RADIO,
    "no single-SF, no FSK": CN490_WITHOUT_EXTRAS,
    "fine timestamps": FINE,
    "fine timestamps, high capacity": FINE_HIGH_CAPACITY,
}
