"""What an outage was like, in figures: for people, and for whoever holds the radio to its word."""

from statistics import median

import msgspec

from tests.flows.outage_account import Report
from tests.flows.outage_chip import LEAST_PAUSE_S, Pause

# So many of the longest pauses are told.
MOST_PAUSES = 5


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, and how the radio fared. `left_in_chip` were recorded, and their process was killed before it read
    them; `unheard` were sent while no process had the chip listen. `late_off_s` is by how much the worst reception time
    of a late one was wrong, None where the server was told none. `pauses` begin with the longest;
    `machine_pause_s` is how long a thread that does nothing was kept from running by the machine.
    """

    report: Report
    seconds: float
    sent: int
    unheard: int
    left_in_chip: int
    buffer_overflows: int
    pauses: tuple[Pause, ...]
    machine_pause_s: float
    late_off_s: float | None
    late_marked: int

    def lines(self) -> str:
        """For people."""
        report = self.report
        return "\n".join(
            [
                f"{self.sent} sent in {self.seconds:.0f} s, {self.unheard} of them while no process listened",
                f"{report.kills} kills; {report.admitted} admitted, {report.joins} joins among them",
                f"{report.delivered} delivered, {report.late} out of the store, {self.late_marked} marked as late",
                f"twice: {report.repeated_after_kill} on their way at a kill, {report.repeated_after_failure} else",
                f"given up, and counted: {dict(report.given_up)}",
                f"in flight at a kill, and lost: {dict(report.in_flight)}{self._ages()}",
                f"counted, and delivered all the same: {report.counted_twice}",
                f"joins lost with a kill: {report.uncounted}",
                f"chip: {self.buffer_overflows} overflows, {self.left_in_chip} unread at a kill",
                f"longest pauses of the radio: {self._pauses()}; the machine's: {1000 * self.machine_pause_s:.0f} ms",
                f"reception times of late ones: {self._off()}",
            ]
        )

    def _ages(self) -> str:
        ages = self.report.in_flight_ms
        return f"; heard {median(ages):.0f} ms before it, at most {max(ages)} ms" if ages else ""

    def _pauses(self) -> str:
        longest = [f"{1000 * each.seconds:.0f} ms ({each.after_s:.1f} s after its start)" for each in self.pauses]
        return ", ".join(longest[:MOST_PAUSES]) or f"none of {1000 * LEAST_PAUSE_S:.0f} ms"

    def _off(self) -> str:
        return "none" if self.late_off_s is None else f"{1000 * self.late_off_s:.0f} ms off at most"
