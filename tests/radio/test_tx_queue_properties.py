"""Whatever is asked of the queue, and whenever: what always holds."""

import itertools
from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from radio.counter import COUNTER_MASK, linear_of
from radio.packets import TxStatus
from radio.tx_queue import (
    PLACES_PER_ORIGIN,
    TxClass,
    TxEntry,
    TxQueue,
    TxTiming,
)
from radio.tx_room import RoomForOthers
from tests.radio.test_tx_queue import GAP_US, SLOW_TIMING, TIMING, accepted, request, status


class Asking(msgspec.Struct, frozen=True):
    """Somebody asks for an emission; `ahead_us` is None for as soon as possible."""

    tx_class: TxClass
    ahead_us: int | None
    airtime_us: int
    origin: str


class Waiting(msgspec.Struct, frozen=True):
    """Time goes on, and the transmit thread looks after the queue whenever it asks for it, or only at the end."""

    for_us: int
    prompt: bool


class Cancelling(msgspec.Struct, frozen=True):
    """Somebody takes back one of the packets accepted so far, counted from the last."""

    back: int


airtimes_us = st.one_of(st.integers(1, 100_000), st.integers(1, 10_000_000))
# Moments close enough together to collide, and far enough not to.
aheads_us = st.builds(
    lambda steps, step_us: steps * step_us, st.integers(1, 40), st.sampled_from([4_501, 75_000, 1_500_000])
)
wild_aheads_us = st.one_of(st.integers(-100_000, 100_000), st.integers(-2_000_000_000, 1_000_000_000))
askings = st.builds(
    lambda tx_class, ahead_us, airtime_us, origin: Asking(
        tx_class, None if tx_class is TxClass.C else ahead_us, airtime_us, origin
    ),
    st.sampled_from(TxClass),
    st.one_of(aheads_us, aheads_us, wild_aheads_us),
    airtimes_us,
    st.sampled_from("xyz"),
)
waitings = st.builds(Waiting, st.one_of(st.integers(0, 20_000), st.integers(0, 20_000_000)), st.booleans())
happenings = st.lists(
    st.one_of(askings, askings, waitings, st.builds(Cancelling, st.integers(0, 5))), min_size=12, max_size=80
)
timings = st.sampled_from([TIMING, SLOW_TIMING])
starts_us = st.one_of(st.integers(0, 1 << 40), st.integers((1 << 32) - 5_000_000, (1 << 32) + 5_000_000))


class Story:
    """A queue's life: what was accepted, handed over, outdated and cancelled, and when."""

    def __init__(self, timing: TxTiming, start_us: int, *, size: int = PLACES_PER_ORIGIN) -> None:
        self.queue = TxQueue(timing, size)
        self.now_us = start_us
        self.accepted: list[TxEntry] = []
        self.emitted: list[TxEntry] = []
        self.outdated: list[TxEntry] = []
        self.cancelled: list[TxEntry] = []
        self.statuses: list[TxStatus] = []

    def play(self, happening: Asking | Waiting | Cancelling) -> None:
        """One thing happens."""
        if isinstance(happening, Asking):
            self.ask(happening)
        elif isinstance(happening, Waiting):
            self.wait(happening)
        elif happening.back < len(self.accepted):
            self.queue, entry = self.queue.cancel(self.accepted[-1 - happening.back].number)
            self.cancelled += [entry] if entry else []

    def ask(self, asking: Asking) -> None:
        """The moment comes as a 32-bit counter, as a server gives it."""
        due_us = None
        if asking.ahead_us is not None:
            due_us = linear_of((self.now_us + asking.ahead_us) & COUNTER_MASK, self.now_us)
        asked = request(asking.tx_class, due_us, asking.airtime_us, asking.origin)
        self.queue, decision = self.queue.enqueue(asked, self.now_us)
        self.statuses.append(decision.status)
        self.accepted += [decision.entry] if decision.entry else []

    def wait(self, waiting: Waiting) -> None:
        """Until the time has passed; a prompt thread looks at each moment that the queue names."""
        until_us = self.now_us + waiting.for_us
        while waiting.prompt and (wake_us := self.queue.next_wake_us()) is not None and wake_us <= until_us:
            self.now_us = max(self.now_us, wake_us)
            self.look()
        self.now_us = until_us
        self.look()

    def look(self) -> None:
        """Fetch what is due."""
        in_chip = self.queue.on_air
        self.queue, due = self.queue.next_due(self.now_us)
        self.outdated += due.outdated
        if due.entry is not None:
            assert in_chip is None or in_chip.end_us <= self.now_us
            assert self.queue.timing.latest_us <= due.entry.due_us - self.now_us < self.queue.timing.lead_us
            self.emitted.append(due.entry)


def needed_gap_us(first: TxEntry, second: TxEntry, timing: TxTiming) -> int:
    """What must lie between two emissions, the guard of a beacon included where it counts."""
    gap_us = timing.start_delay_us + timing.lead_us + timing.margin_us
    if second.request.tx_class is TxClass.BEACON:
        other_came_first = first.number < second.number
        if other_came_first or first.request.tx_class in {TxClass.B, TxClass.BEACON}:
            return gap_us + 3_000_000
        return timing.latest_us + timing.margin_us
    return gap_us


@given(happenings, timings, starts_us)
def test_no_two_emissions_overlap_and_guards_are_kept(
    story_line: list[Asking | Waiting | Cancelling], timing: TxTiming, start_us: int
) -> None:
    story = Story(timing, start_us)
    for happening in story_line:
        story.play(happening)
        live = sorted(story.queue.waiting, key=lambda entry: entry.due_us)
        if story.queue.on_air is not None:
            live.insert(0, story.queue.on_air)
        for first, second in itertools.combinations(live, 2):
            assert second.due_us - first.end_us > needed_gap_us(first, second, timing)
    kept = [entry for entry in story.emitted if entry not in story.cancelled]
    assert all(second.due_us > first.end_us for first, second in itertools.pairwise(kept))


@given(happenings, timings, starts_us)
def test_every_accepted_packet_ends_in_exactly_one_way(
    story_line: list[Asking | Waiting | Cancelling], timing: TxTiming, start_us: int
) -> None:
    story = Story(timing, start_us)
    for happening in story_line:
        story.play(happening)
    story.play(Waiting(10_000_000_000, prompt=False))
    ends = [*story.emitted, *story.outdated, *(entry for entry in story.cancelled if entry not in story.emitted)]
    assert sorted(entry.number for entry in ends) == [entry.number for entry in story.accepted]
    assert story.queue.waiting == ()


@given(st.lists(st.one_of(askings, askings, waitings), min_size=12, max_size=80), timings, starts_us)
def test_a_prompt_thread_emits_whatever_was_accepted(
    story_line: list[Asking | Waiting], timing: TxTiming, start_us: int
) -> None:
    story = Story(timing, start_us)
    for happening in story_line:
        story.play(happening if isinstance(happening, Asking) else Waiting(happening.for_us, prompt=True))
        story.play(Waiting(0, prompt=True))
    story.play(Waiting(10_000_000_000, prompt=True))
    assert story.outdated == []
    assert len(story.emitted) == len(story.accepted)


@given(happenings, timings, st.integers(0, 1 << 40), st.integers(0, 1 << 40))
def test_the_wrap_of_the_counter_changes_nothing(
    story_line: list[Asking | Waiting | Cancelling], timing: TxTiming, start_us: int, other_start_us: int
) -> None:
    stories = [Story(timing, start_us), Story(timing, other_start_us)]
    for story, happening in itertools.product(stories, story_line):
        story.play(happening)
    first, second = stories
    assert first.statuses == second.statuses
    for name in ("accepted", "emitted", "outdated", "cancelled"):
        assert [entry.due_us - start_us for entry in getattr(first, name)] == [
            entry.due_us - other_start_us for entry in getattr(second, name)
        ]


@given(st.lists(st.one_of(askings, waitings), min_size=12, max_size=80), st.integers(1, 8), starts_us)
def test_the_queue_never_holds_more_than_its_places(
    story_line: list[Asking | Waiting], places: int, start_us: int
) -> None:
    story = Story(TIMING, start_us, size=places)
    for happening in story_line:
        story.play(happening)
        held = Counter(entry.request.origin for entry in story.queue.waiting)
        assert max(held.values(), default=0) <= places


@given(happenings, timings, starts_us, airtimes_us)
def test_an_immediate_downlink_takes_the_first_gap_there_is(
    story_line: list[Asking | Waiting | Cancelling], timing: TxTiming, start_us: int, airtime_us: int
) -> None:
    story = Story(timing, start_us)
    for happening in story_line:
        story.play(happening)
    # That some have to leave room for others is another matter.
    queue = msgspec.structs.replace(
        story.queue, waiting=story.queue.waiting[: PLACES_PER_ORIGIN // 2], room=RoomForOthers()
    )
    _, entry = accepted(queue, request(TxClass.C, airtime_us=airtime_us), story.now_us)
    sooner_us = {entry.due_us - 1, story.now_us + timing.lead_us, *(each.end_us + GAP_US for each in queue.waiting)}
    for due_us in sooner_us:
        if story.now_us + timing.lead_us <= due_us < entry.due_us:
            assert status(queue, request(TxClass.C, due_us, airtime_us), story.now_us) is not TxStatus.OK
