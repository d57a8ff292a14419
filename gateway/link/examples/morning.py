"""What happened that morning: the gateway lost its depositors' network server, and work was planned for a later day."""

from gateway.link.messages import Maintenance

EUI = "AA555A0000000101"
DEPOSITOR = "metropole"
DEVICE, DEV_ADDR = "00005EEF10000001", "26011A07"
STARTED = "2026-03-02T05:00:03.250Z"
BEGAN, NOTICED, NOW = "2026-03-02T08:14:32.120Z", "2026-03-02T08:15:00.480Z", "2026-03-02T08:15:01.002Z"
SILENT_S = 28.4
UPTIME_S = 11_697.8
INCIDENT = "1772439300480-3f9a1c"
# What an operator or a depositor asked, and what answers it.
CORRELATION = "8c2f4c1e-1d7a-4a55-9c43-7b1d6f0c2a11"
MAINTENANCE = Maintenance(
    begins="2026-03-04T09:00:00.000Z", ends="2026-03-04T10:30:00.000Z", reason="remplacement de l'antenne"
)
