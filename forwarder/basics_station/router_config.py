"""router_config: what a server tells a gateway of its region, its channels and its wishes. Pure.

Read with tolerance: one thing that is wrong takes nothing else with it. Station closes the connection for a hwspec
that it does not know, for a missing sx1301_conf and for the eleventh range of JoinEUIs; it drops every downlink in a
region of which it has no name, and without freq_range. None of that helps anybody.
"""

from collections.abc import Mapping, Sequence

import msgspec

from forwarder.basics_station.channel_plan import ChannelPlan, read_channel_plan
from forwarder.basics_station.data_rates import DataRates, read_data_rates, uplink_indices
from forwarder.basics_station.filters import Filters, read_join_euis, read_net_ids
from forwarder.basics_station.json_values import MalformedMessageError, Message, is_whole, number

PLAN_KEYS = ("sx1301_conf", "SX1301_conf", "sx1302_conf", "SX1302_conf", "radio_conf")
# What a server may wish to be switched off: listen before talk, duty cycle, dwell time. The law is not its to switch.
UNLAWFUL_WISHES = ("nocca", "nodc", "nodwell")
LONGEST_REGION = 32


class RouterConfig(msgspec.Struct, frozen=True):
    """What there is to know for messages. `freq_range_hz` limits downlinks; None where nothing limits them.

    `eui_suffix` is how the server spells DevEui and JoinEui. `remarks` are for the log: what is missing or not obeyed.
    """

    region: str = ""
    data_rates: DataRates = ()
    uplink_indices: Mapping[tuple[int, int], int] = {}
    filters: Filters = Filters()
    freq_range_hz: tuple[int, int] | None = None
    max_eirp_dbm: float | None = None
    eui_suffix: str = "Eui"
    plan: ChannelPlan | None = None
    remarks: tuple[str, ...] = ()


def read_router_config(message: Message) -> RouterConfig:
    """Whatever a message says, in so far as it can be understood.

    Raises:
        MalformedMessageError: its data rates are no list: nothing could be received or sent by it.
    """
    if not isinstance(message.get("DRs", []), list):
        raise MalformedMessageError("DRs is no list")
    region = message.get("region")
    data_rates = read_data_rates(message.get("DRs"))
    upper = "JoinEUI" in message
    plan = next((read_channel_plan(message[key]) for key in PLAN_KEYS if key in message), None)
    return RouterConfig(
        region=region[:LONGEST_REGION] if isinstance(region, str) else "",
        data_rates=data_rates,
        uplink_indices=uplink_indices(data_rates),
        filters=Filters(
            read_net_ids(message.get("NetID")), read_join_euis(message.get("JoinEUI" if upper else "JoinEui"))
        ),
        freq_range_hz=_freq_range(message.get("freq_range")),
        max_eirp_dbm=number(message.get("max_eirp")),
        eui_suffix="EUI" if upper else "Eui",
        plan=plan,
        remarks=tuple(_remarks(message, data_rates, plan)),
    )


def _freq_range(value: object) -> tuple[int, int] | None:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2 or not all(map(is_whole, value)):
        return None
    return value[0], value[1]


def _remarks(message: Message, data_rates: DataRates, plan: ChannelPlan | None) -> list[str]:
    remarks = [f"{wish} is not obeyed: the law stays in force" for wish in UNLAWFUL_WISHES if message.get(wish) is True]
    if message.get("bcning"):
        remarks.append("bcning is not obeyed: beacons are set up in [beacon]")
    if not uplink_indices(data_rates):
        remarks.append("there are no DRs for uplinks: they wait, for they cannot be described")
    if plan is None:
        remarks.append("there is no sx1301_conf: the configured channels stay")
    if _freq_range(message.get("freq_range")) is None:
        remarks.append("there is no freq_range: the law alone limits downlinks")
    return remarks
