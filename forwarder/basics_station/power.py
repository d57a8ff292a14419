"""How much power a downlink is to have: the protocol names none, the region and the server do. Pure.

This is what is asked for. The law, and what the board can do, lower it.
"""

import math

# Basics Station 2.0.6, s2e.c: EIRP in dBm by region, and where another holds, its frequencies in Hz.
_LIMITS_DBM = {
    "EU863": 16.0,
    "EU868": 16.0,
    "US902": 26.0,
    "US915": 26.0,
    "AU915": 30.0,
    "KR920": 23.0,
    "AS923JP": 13.0,
    "AS923-1": 13.0,
    "IL915": 14.0,
}
_ELSEWHERE = {
    "EU863": (869_400_000, 869_650_000, 27.0),
    "EU868": (869_400_000, 869_650_000, 27.0),
    "IL915": (916_200_000, 916_400_000, 20.0),
}
# Where neither the region nor the server says anything.
_UNKNOWN_DBM = 14.0
LOWEST_DBM, HIGHEST_DBM = 0, 36


def radiated_dbm(region: str, max_eirp_dbm: float | None, freq_hz: int) -> int:
    """The power to ask for. `max_eirp_dbm` lowers a known region's limit, and is the limit in another."""
    limit_dbm = _LIMITS_DBM.get(region)
    if limit_dbm is None:
        limit_dbm = _UNKNOWN_DBM if max_eirp_dbm is None else max_eirp_dbm
    elif region in _ELSEWHERE:
        low_hz, high_hz, there_dbm = _ELSEWHERE[region]
        limit_dbm = there_dbm if low_hz <= freq_hz <= high_hz else limit_dbm
    if max_eirp_dbm is not None:
        limit_dbm = min(limit_dbm, max_eirp_dbm)
    return math.floor(min(max(limit_dbm, LOWEST_DBM), HIGHEST_DBM))
