"""What a gateway says besides uplinks, and what discovery answers. Pure."""

import msgspec

from forwarder.basics_station.identifiers import eui_text, id6_text
from forwarder.basics_station.json_values import decode_message, refusal
from forwarder.basics_station.orders import Attempt, Order

PROTOCOL_VERSION = 2
_IDLE_SHELL = {"user": "", "started": False, "age": -1, "pid": 0}
_SHELLS = 2


class StationVersion(msgspec.Struct, frozen=True):
    """How the gateway introduces itself. `features` is words with spaces between them.

    Ours never are "rmtsh", a remote shell: this is no way in for anybody.
    """

    station: str = "candelabre"
    firmware: str = ""
    package: str = ""
    model: str = "candelabre"
    features: str = ""


class DiscoveryRefusedError(Exception):
    """The server knows nothing of this gateway, or wants nothing of it; the text is its own."""


def discovery_text(gateway_eui: int) -> str:
    """The question where this gateway's data are to go."""
    return _text({"router": id6_text(gateway_eui)})


def read_discovery(text: str | bytes) -> str:
    """The URI that a discovery answered with.

    Raises:
        DiscoveryRefusedError: the answer is an error.
        MalformedMessageError: it is none.
    """
    message = decode_message(text)
    if message.get("error"):
        raise DiscoveryRefusedError(str(message["error"])[:200])
    uri = message.get("uri")
    if not isinstance(uri, str) or not uri:
        raise refusal("uri", uri, "the URI of the data connection")
    return uri


def version_text(version: StationVersion) -> str:
    """The first message of a data connection."""
    return _text(
        {
            "msgtype": "version",
            "station": version.station,
            "firmware": version.firmware,
            "package": version.package,
            "model": version.model,
            "protocol": PROTOCOL_VERSION,
            "features": version.features,
        }
    )


class EmissionTimes(msgspec.Struct, frozen=True):
    """When an emission began: `tx_s` on the host's monotonic clock, `gps_us` 0 where it is not known."""

    xtime: int
    tx_s: float
    gps_us: int


def dntxed_text(order: Order, attempt: Attempt, times: EmissionTimes, eui_suffix: str) -> str:
    """An order was emitted."""
    return _text(
        {
            "msgtype": "dntxed",
            "seqno": order.diid,
            "diid": order.diid,
            "DR": attempt.data_rate,
            "Freq": attempt.freq_hz,
            f"Dev{eui_suffix}": eui_text(order.dev_eui),
            "rctx": 0,
            "xtime": times.xtime,
            "txtime": round(times.tx_s, 6),
            "gpstime": times.gps_us,
        }
    )


def getxtime_text(mux_time_s: float, now_s: float, unix_us: int, xtime: int) -> str:
    """The clocks of the gateway, and the counter of its one radio."""
    return _text(
        {
            "msgtype": "getxtime",
            "MuxTime": mux_time_s,
            "ustime": round(now_s, 6),
            "UTCtime": unix_us / 1e6,
            "xtimes": [xtime, 0, 0, 0],
        }
    )


def no_shell_text() -> str:
    """The state of the remote shells: there are none."""
    return _text({"msgtype": "rmtsh", "rmtsh": [_IDLE_SHELL] * _SHELLS})


def _text(message: dict[str, object]) -> str:
    return msgspec.json.encode(message).decode()
