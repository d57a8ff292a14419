"""Is the radio deaf? Told from its own traffic: a silence that hardly ever happens where it stands. Pure.

A deaf radio reports no error and no packet, for ever; so does a healthy one where nobody sends. How long is too long
depends on the place and the hour: `usual_traffic` knows how many packets were to be expected meanwhile, `silence_tail`
how rare it is that none came. docs/deaf-radio.md says how well this works where.
"""

import enum
import math

import msgspec

from gateway.supervision import hearing_memory
from gateway.supervision.hearing_memory import (
    Circumstances,
    Expectation,
    HearingMemory,
    Listening,
    expectation_of,
    with_doubtful_alarm,
    with_listening,
)
from gateway.supervision.usual_traffic import CLUSTER_S, DAY_S, HOUR_S, LONGEST_LEARNT_S

# However busy a place is.
SHORTEST_DEAF_S = 60.0
# After a restart: what share of a silence that counts as deaf is waited for, and what share is soon enough to show that
# the restart has mended something.
TRIAL_SHARE = 0.4
PROMPT_SHARE = 0.2
SHORTEST_TRIAL_S = 10.0
MOST_ATTEMPTS = 4
# A receiver in a place without traffic is restarted so long after it last heard something, and then again.
IDLE_CHECKS_S = (6 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S)
# The registers' canary, by how the radio hears.
CANARY_PERIOD_S = 60.0
CANARY_PERIOD_IN_DOUBT_S = 10.0
# By more than that the clock was set; for a day the hours are not believed.
CLOCK_STEP_S = 600.0
DISTRUST_S = DAY_S
# Where packets come close together without end, what was listened is written down so often.
BOOKED_EVERY_S = 600.0


class Hearing(enum.Enum):
    """How a radio hears; docs/deaf-radio.md says who does what then."""

    LEARNING = "learning"
    HEARS = "hears"
    SUSPICIOUS = "suspicious"
    DEAF = "deaf"
    TRYING = "trying"
    SILENT = "silent"


class HearingReport(msgspec.Struct, frozen=True):
    """How the radio hears now, and what makes it known.

    `silent_s` is for how long it listened and heard nothing; `usual_longest_s` the longest silence of a usual day at
    this hour; `deaf_after_s` the silence that counts as deaf (after a restart: the silence by which that was in vain);
    `per_month` how many silences of this length a radio that hears would have. What is not known is None: while
    learning, and where it takes weeks. `attempts` counts restarts in this silence.
    """

    hearing: Hearing
    silent_s: float
    usual_longest_s: float | None
    deaf_after_s: float | None
    per_month: float | None
    attempts: int

    @property
    def canary_period_s(self) -> float:
        """How often the registers are worth a look."""
        return CANARY_PERIOD_S if self.hearing is Hearing.HEARS else CANARY_PERIOD_IN_DOUBT_S


class DeafnessWatch(msgspec.Struct, frozen=True):
    """What is known of a radio's hearing. Every method that learns something returns the next watch.

    `now_s` is a monotonic clock's. `local_s`, seconds of the wall clock since 1970, is None where that is not sure; it
    only chooses the hour of the day. `mended` says that the last long silence ended soon after a restart.
    """

    heard_s: float
    booked_s: float
    expected_s: float
    memory: HearingMemory
    expectation: Expectation
    to_wall_s: float | None = None
    distrusts_until_s: float = -math.inf
    restarted_s: float | None = None
    attempts: int = 0
    idle_checks: int = 0
    gave_up: bool = False
    mended: bool = False

    @classmethod
    def begun(cls, now_s: float, memory: HearingMemory | None = None) -> "DeafnessWatch":
        """A watch that begins; the silence too."""
        memory = memory or HearingMemory()
        return cls(now_s, now_s, now_s, memory, expectation_of(memory))

    @classmethod
    def from_bytes(cls, data: bytes, now_s: float) -> "DeafnessWatch | None":
        """A watch that begins with what was kept of another; None where that is no such thing."""
        memory = hearing_memory.from_bytes(data)
        return None if memory is None else cls.begun(now_s, memory)

    def to_bytes(self) -> bytes:
        """What is worth keeping: less than 8 kB, and worth no more than one write an hour."""
        return hearing_memory.to_bytes(self.memory)

    def heard(self, now_s: float, packets: int, local_s: float | None = None) -> "DeafnessWatch":
        """So many packets came since the last call, with good or bad CRC. Own transmissions are none."""
        if packets <= 0:
            return self
        watch = self
        if now_s - self.heard_s > CLUSTER_S or now_s - self.booked_s > BOOKED_EVERY_S:
            watch = self._booked(now_s, local_s)
        return msgspec.structs.replace(
            watch, heard_s=max(now_s, self.heard_s), restarted_s=None, attempts=0, idle_checks=0, gave_up=False
        )

    def paused(self, duration_s: float) -> "DeafnessWatch":
        """So long nobody listened, until now."""
        restarted_s = None if self.restarted_s is None else self.restarted_s + duration_s
        return msgspec.structs.replace(
            self, heard_s=self.heard_s + duration_s, booked_s=self.booked_s + duration_s, restarted_s=restarted_s
        )

    def restarted(self, now_s: float) -> "DeafnessWatch":
        """The receiver was restarted, by whatever means. Where it was deaf, that is an attempt to mend it."""
        is_attempt = self.judge(now_s).hearing is Hearing.DEAF
        return msgspec.structs.replace(self, restarted_s=now_s, attempts=self.attempts + is_attempt)

    def brought_nothing(self) -> "DeafnessWatch":
        """Nothing is left to be tried. No alarm any more, until something is heard."""
        return msgspec.structs.replace(self, gave_up=True)

    def idle_checked(self, now_s: float) -> "DeafnessWatch":
        """The receiver was restarted because nothing was heard for hours."""
        return msgspec.structs.replace(self, restarted_s=now_s, idle_checks=self.idle_checks + 1)

    def next_idle_check_s(self, now_s: float) -> float:
        """In how many seconds the receiver is to be restarted if nothing is heard until then; 0 for now.

        Infinite while attempts to mend it go on.
        """
        if self.attempts and self._hearing(now_s) in {Hearing.DEAF, Hearing.TRYING}:
            return math.inf
        since_s = self.heard_s if self.restarted_s is None else self.restarted_s
        return max(0.0, since_s + IDLE_CHECKS_S[min(self.idle_checks, len(IDLE_CHECKS_S) - 1)] - now_s)

    def judge(self, now_s: float) -> HearingReport:
        """How the radio hears."""
        silent_s, expected = max(0.0, now_s - self.heard_s), self.expectation
        if not expected.is_learnt:
            return HearingReport(Hearing.LEARNING, silent_s, None, None, None, self.attempts)
        length = expected.length(self.heard_s, now_s, self._circumstances)
        return HearingReport(
            self._hearing(now_s),
            silent_s,
            self._since_heard_s(self._suspicious_at_s()),
            self._since_heard_s(self._deaf_at_s()),
            expected.law.per_month_of(length),
            self.attempts,
        )

    def _hearing(self, now_s: float) -> Hearing:
        if not self.expectation.is_learnt:
            return Hearing.LEARNING
        is_deaf = now_s >= self._deaf_at_s()
        if self.gave_up or (self.attempts >= MOST_ATTEMPTS and is_deaf):
            return Hearing.SILENT
        if is_deaf:
            return Hearing.DEAF
        if self.attempts:
            return Hearing.TRYING
        return Hearing.SUSPICIOUS if now_s >= self._suspicious_at_s() else Hearing.HEARS

    def _suspicious_at_s(self) -> float:
        return self._moment_of(self.expectation.suspicious_length, self.heard_s)

    def _deaf_at_s(self) -> float:
        """When the silence counts as deaf, or the last attempt as in vain."""
        deaf = self.expectation.deaf_length
        if self.attempts and self.restarted_s is not None:
            return max(self._moment_of(TRIAL_SHARE * deaf, self.restarted_s), self.restarted_s + SHORTEST_TRIAL_S)
        return max(self._moment_of(deaf, self.heard_s), self.heard_s + SHORTEST_DEAF_S)

    def _booked(self, now_s: float, local_s: float | None) -> "DeafnessWatch":
        """Learn from what ended now: a silence, or a long time without one."""
        on_wall = self._on_wall(now_s, local_s)
        expectation, expected_s, mended = self.expectation, self.expected_s, self._is_mended(now_s)
        if mended:
            memory = with_doubtful_alarm(self.memory, expectation)
        else:
            to_wall_s = on_wall.to_wall_s if self.to_wall_s is None else self._wall
            memory = with_listening(self.memory, expectation, Listening(self.booked_s, self.heard_s, now_s, to_wall_s))
        if now_s - expected_s >= HOUR_S:
            memory = memory.faded(min(now_s - expected_s, LONGEST_LEARNT_S))
            expectation, expected_s = expectation_of(memory), now_s
        return msgspec.structs.replace(
            on_wall, booked_s=now_s, memory=memory, expectation=expectation, expected_s=expected_s, mended=mended
        )

    def _is_mended(self, now_s: float) -> bool:
        """Whether a silence longer than usual ended soon after a restart: that one says little of the place."""
        if self.restarted_s is None or not self.expectation.is_learnt:
            return False
        prompt_s = self._moment_of(PROMPT_SHARE * self.expectation.deaf_length, self.restarted_s)
        is_prompt = now_s <= max(prompt_s, self.restarted_s + SHORTEST_TRIAL_S)
        return is_prompt and self.restarted_s >= self._suspicious_at_s()

    def _on_wall(self, now_s: float, local_s: float | None) -> "DeafnessWatch":
        """With what the wall clock says; it stays known when it is not sure any more, and is doubted when it jumps."""
        if local_s is None:
            return self
        to_wall_s = local_s - now_s
        jumped = self.to_wall_s is not None and abs(to_wall_s - self.to_wall_s) > CLOCK_STEP_S
        distrusts_until_s = now_s + DISTRUST_S if jumped else self.distrusts_until_s
        return msgspec.structs.replace(self, to_wall_s=to_wall_s, distrusts_until_s=distrusts_until_s)

    @property
    def _wall(self) -> float | None:
        """What makes this silence's moments those of the wall clock; None where that was set a short while ago."""
        return None if self.heard_s < self.distrusts_until_s else self.to_wall_s

    @property
    def _circumstances(self) -> Circumstances:
        return self.expectation.under(self.memory.recent, self._wall)

    def _moment_of(self, length: float, begin_s: float) -> float:
        return self.expectation.moment_of(length, begin_s, self._circumstances)

    def _since_heard_s(self, at_s: float) -> float | None:
        return None if math.isinf(at_s) else at_s - self.heard_s
