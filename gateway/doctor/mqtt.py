"""An MQTT broker: whether it lets the gateway in. Only while no service runs, whose connection this would end."""

import asyncio

from gateway.broker.connect_error import ConnectError
from gateway.broker.connection import Connection
from gateway.broker.limits import largest_packet_bytes
from gateway.broker.settings import BrokerSettings
from gateway.doctor.fault import Fault
from gateway.doctor.reaching import Missed

LARGEST_MESSAGE_BYTES = 65_536
ANSWER_S = 8.0
# MQTT 5, 3.2.2.2. Those of 3.1.1 are made these by paho-mqtt.
BAD_LOGIN = {134, 4}
NOT_ALLOWED = {135, 5, 138, 133, 2}


async def enter(settings: BrokerSettings, answer_s: float = ANSWER_S) -> Missed | None:
    """Connect as the service would, and leave again; None where the broker agreed."""
    missed: Missed | None = None
    for is_5 in {"auto": (True, False), "5": (True,), "3.1.1": (False,)}[settings.version]:
        connection = Connection(settings, _nobody_cares, largest_packet_bytes(LARGEST_MESSAGE_BYTES), is_5=is_5)
        try:
            async with asyncio.timeout(answer_s):
                await connection.open(None)
                await connection.leave()
        except TimeoutError:
            return Missed(Fault.MQTT_FAILS, "no answer in time")
        except ConnectError as error:
            missed = Missed(_fault(error, settings), str(error))
            if not error.spoke:
                return missed
        else:
            return None
        finally:
            connection.close()
    return missed


def _fault(error: ConnectError, settings: BrokerSettings) -> Fault:
    if error.code in BAD_LOGIN:
        return Fault.MQTT_BAD_LOGIN
    if error.code not in NOT_ALLOWED:
        return Fault.MQTT_FAILS
    # Mosquitto says "not authorized" of a wrong password, too.
    return Fault.MQTT_NOT_ALLOWED if settings.username is None else Fault.MQTT_BAD_LOGIN


def _nobody_cares() -> None:
    """Whatever comes is not waited for."""
