"""What only a gateway with a GNSS receiver has. Imported there only, since it costs memory."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from gateway.beacons import Beacons, BeaconSettings
from gateway.config import Config
from gateway.emissions import Emissions
from gateway.timekeeper import Timekeeper
from radio.concentrator import Concentrator
from radio.gnss_port import GnssPort


class GnssSide:
    """The receiver of [gnss] and the beacons of [beacon]. `radio` gives the radio at work, or None while there is none.

    Raises:
        BusError: pyserial is not installed.
    """

    def __init__(self, config: Config, port: str, radio: Callable[[], Concentrator | None]) -> None:
        receiver = GnssPort(port, config.gnss.baudrate_bps, ublox=config.gnss.ublox)
        self.timekeeper = Timekeeper(receiver, radio, config.position)
        self._config = config
        self._radio = radio
        self._beacons: Beacons | None = None

    def send_beacons(self, emissions: Emissions) -> Beacons | None:
        """Have beacons sent while `run` runs; None where none are configured."""
        config = self._config
        if config.beacon_plan is None:
            return None
        chain = next(number for number, radio in enumerate(config.plan.radios) if radio and radio.tx_enabled)
        settings = BeaconSettings(config.beacon_plan, config.beacon.power_dbm, config.beacon.antenna, chain)
        self._beacons = Beacons(settings, emissions, self.timekeeper, self._radio)
        return self._beacons

    async def run(self) -> NoReturn:
        """Listen to the receiver, and send beacons, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._beacons is not None:
                tasks.create_task(self._beacons.run())
            await self.timekeeper.run()
