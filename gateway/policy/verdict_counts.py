"""What was decided since the start, told to the log and to whoever asks."""

import enum
from collections import Counter
from collections.abc import Sequence

import structlog

from forwarder.counted_warning import CountedWarning
from gateway.policy.outcome import ADMISSIONS, Outcome
from gateway.policy.verdict import Flag, Verdict

_log = structlog.get_logger()
TOLD_FLAGS = {
    Flag.FORGED: "somebody sends frames in the name of a depositor's device",
    Flag.COUNTER_WENT_BACK: "a device's frame counter went back: it was reset, or its frames are sent again",
}


class Fate(enum.Enum):
    """What became of a packet; the value is how a statistics line calls what was not admitted."""

    FORWARDED = "passed"
    OBSERVED = "would_refuse"
    REFUSED = "refused"

    @classmethod
    def of(cls, verdict: Verdict) -> "Fate":
        """That of one packet."""
        if verdict.would_refuse:
            return cls.OBSERVED
        return cls.FORWARDED if verdict.forwarded else cls.REFUSED


class VerdictCounts:
    """Counts by depositor, None being nobody, outcome and fate; of downlinks only what was not forwarded for good."""

    def __init__(self) -> None:
        self.uplinks: Counter[tuple[str | None, Outcome, Fate]] = Counter()
        self.downlinks: Counter[tuple[str | None, Outcome]] = Counter()
        self.flags: Counter[tuple[str | None, Flag]] = Counter()
        self._told = {flag: CountedWarning(_log, text) for flag, text in TOLD_FLAGS.items()}
        self._refused_downlink = CountedWarning(_log, "a downlink was refused by the host's policy")

    def take_uplinks(self, verdicts: Sequence[Verdict]) -> None:
        """The verdicts on a batch."""
        for verdict in verdicts:
            self.uplinks[verdict.depositor, verdict.outcome, Fate.of(verdict)] += 1
            for flag in verdict.flags:
                self.flags[verdict.depositor, flag] += 1
                if flag in self._told:
                    self._told[flag].happened(depositor=verdict.depositor, device=_device(verdict))

    def take_downlink(self, verdict: Verdict, backend: str) -> None:
        """The verdict on a request to transmit; only refusals count here."""
        if verdict.forwarded and not verdict.would_refuse:
            return
        self.downlinks[verdict.depositor, verdict.outcome] += 1
        self._refused_downlink.happened(
            backend=backend, depositor=verdict.depositor, outcome=verdict.outcome.value, device=_device(verdict)
        )

    def summary(self) -> dict[str, object]:
        """Refusals by outcome, for a statistics line; zeros left out."""
        told: Counter[str] = Counter()
        for (_, outcome, fate), count in self.uplinks.items():
            if outcome not in ADMISSIONS:
                told[f"{fate.value}_{outcome.value}"] += count
        for (_, flag), count in self.flags.items():
            if flag in TOLD_FLAGS:
                told[f"flag_{flag.value}"] += count
        if downlinks := sum(self.downlinks.values()):
            told["downlinks_not_permitted"] = downlinks
        return dict(sorted(told.items()))


def _device(verdict: Verdict) -> str | None:
    if verdict.dev_eui is not None:
        return f"{verdict.dev_eui:016X}"
    return None if verdict.dev_addr is None else f"{verdict.dev_addr:08X}"
