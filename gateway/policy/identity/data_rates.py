"""The regional index of a data rate, which LoRaWAN 1.1 signs. Pure.

RP002-1.0.4: EU863-870 and the regions that share its table (2.4.3 and the like), US902-928 (2.5.3), AU915-928 (2.8.3).
"""

from radio.packets import Modulation, RxPacket

_SF12_FIRST = {(12, 125_000): 0, (11, 125_000): 1, (10, 125_000): 2, (9, 125_000): 3, (8, 125_000): 4, (7, 125_000): 5}
_EU868 = {**_SF12_FIRST, (7, 250_000): 6}
_US915 = {(10, 125_000): 0, (9, 125_000): 1, (8, 125_000): 2, (7, 125_000): 3, (8, 500_000): 4}
_AU915 = {**_SF12_FIRST, (8, 500_000): 6}
_TABLES = {"US915": _US915, "AU915": _AU915, "KR920": _SF12_FIRST}
_FSK_REGIONS = ("EU868", "IN865", "AS923", "CN470")
FSK_DATA_RATE = 7


def data_rate_index(region: str, packet: RxPacket) -> int | None:
    """An uplink's data rate in a region's table; None where it is in none."""
    if packet.modulation is Modulation.FSK:
        return FSK_DATA_RATE if region.startswith(_FSK_REGIONS) else None
    table = next((rates for name, rates in _TABLES.items() if region.startswith(name)), _EU868)
    return table.get((packet.spreading_factor, packet.bandwidth_hz))
