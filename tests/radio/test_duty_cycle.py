"""No hour holds more than its share, whichever hour."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radio import duty_cycle
from radio.duty_cycle import (
    MEMORY_US,
    MOST_BLOCKS,
    WINDOW_US,
    Account,
    Block,
    busiest_window_us,
    fits,
    fresh_account,
    lost_account,
    release,
    reserve,
    shifted,
)

BAND = "EU868 M"
LIMIT_US = 36_000_000
SECOND_US = 1_000_000
NOW_US = 10 * WINDOW_US


def busiest_hour_us(emissions: list[tuple[int, int]]) -> int:
    """The most airtime in any hour, by looking at each hour that begins or ends with an emission; (start, airtime)."""
    hours = [start_us for start_us, _ in emissions]
    hours += [start_us + airtime_us - WINDOW_US for start_us, airtime_us in emissions]
    return max(
        (
            sum(
                max(min(start_us + airtime_us, hour_us + WINDOW_US) - max(start_us, hour_us), 0)
                for start_us, airtime_us in emissions
            )
            for hour_us in hours
        ),
        default=0,
    )


# Drawn from a few values, so that limits, windows and the horizon of memory are met exactly, and often.
waits_us = st.sampled_from([0, 1, SECOND_US, WINDOW_US // 6, WINDOW_US // 2, WINDOW_US - LIMIT_US // 2, WINDOW_US])
leads_us = st.sampled_from([0, SECOND_US, 20 * SECOND_US, WINDOW_US // 3])
airtimes_us = st.sampled_from([1, SECOND_US, LIMIT_US // 4, LIMIT_US // 3, LIMIT_US // 2, LIMIT_US])
# Time since the request before, how long ahead it asks, airtime, whether it is cancelled at once.
requests = st.lists(st.tuples(waits_us, leads_us, airtimes_us, st.booleans()), min_size=4, max_size=40)


@given(requests, st.sampled_from([3, MOST_BLOCKS]))
def test_no_window_of_an_hour_exceeds_the_limit(steps: list[tuple[int, int, int, bool]], most_blocks: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duty_cycle, "MOST_BLOCKS", most_blocks)
        now_us, made = NOW_US, list[tuple[int, int]]()
        account = fresh_account(now_us)
        for wait_us, lead_us, airtime_us, cancelled in steps:
            now_us += wait_us
            emission = now_us + lead_us, airtime_us
            if not fits(account, BAND, LIMIT_US, *emission):
                continue
            account = reserve(account, BAND, *emission, now_us)
            if cancelled:
                account = release(account, BAND, *emission)
            else:
                made.append(emission)
    assert busiest_hour_us(made) <= LIMIT_US


@given(requests)
def test_nothing_is_refused_that_would_fit(steps: list[tuple[int, int, int, bool]]) -> None:
    now_us, made = NOW_US, list[tuple[int, int]]()
    account = fresh_account(now_us)
    for wait_us, lead_us, airtime_us, _ in steps:
        now_us += wait_us
        emission = now_us + lead_us, airtime_us
        lawful = busiest_hour_us([*made, emission]) <= LIMIT_US
        assert fits(account, BAND, LIMIT_US, *emission) == lawful
        if lawful:
            account = reserve(account, BAND, *emission, now_us)
            made.append(emission)


spans = st.lists(st.tuples(st.integers(0, 600 * SECOND_US), st.integers(1, 30 * SECOND_US)), min_size=1, max_size=40)


def one_after_another(gaps_and_airtimes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Emissions that do not overlap: start, airtime."""
    emissions, clock_us = list[tuple[int, int]](), 0
    for gap_us, airtime_us in gaps_and_airtimes:
        emissions.append((clock_us + gap_us, airtime_us))
        clock_us += gap_us + airtime_us
    return emissions


@given(spans)
def test_the_busiest_window_of_single_emissions_is_exact(gaps_and_airtimes: list[tuple[int, int]]) -> None:
    emissions = one_after_another(gaps_and_airtimes)
    blocks = [Block(start_us, start_us + airtime_us, airtime_us) for start_us, airtime_us in emissions]
    assert busiest_window_us(blocks, -WINDOW_US, blocks[-1].end_us) == busiest_hour_us(emissions)


@given(spans, st.data())
def test_blocks_of_several_emissions_never_count_too_little(
    gaps_and_airtimes: list[tuple[int, int]], data: st.DataObject
) -> None:
    emissions = one_after_another(gaps_and_airtimes)
    cuts = sorted({0, len(emissions), *data.draw(st.lists(st.integers(0, len(emissions)), max_size=6))})
    blocks = [
        Block(group[0][0], sum(group[-1]), sum(airtime_us for _, airtime_us in group))
        for first, end in pairwise(cuts)
        if (group := emissions[first:end])
    ]
    first_us, width_us = data.draw(st.integers(-WINDOW_US, sum(emissions[-1]))), data.draw(st.integers(0, WINDOW_US))
    held_us = max(
        sum(max(min(start + airtime, hour + WINDOW_US) - max(start, hour), 0) for start, airtime in emissions)
        for hour in (first_us, first_us + width_us)
    )
    assert busiest_window_us(blocks, first_us, first_us + width_us) >= held_us


small_blocks = st.builds(
    lambda start_us, airtime_us, idle_us: Block(start_us, start_us + airtime_us + idle_us, airtime_us),
    st.integers(-30, 30),
    st.integers(1, 6),
    st.sampled_from([0, 0, 3, 9]),
)


def small_window_us(blocks: list[Block], start_us: int) -> int:
    """The airtime in a window of 20 µs, each block entering with its airtime first and leaving with it last."""
    return sum(
        min(max(start_us + 20 - block.start_us, 0), block.airtime_us)
        - min(max(start_us - block.end_us + block.airtime_us, 0), block.airtime_us)
        for block in blocks
    )


@settings(max_examples=1000)
@given(st.lists(small_blocks, max_size=8), st.integers(-20, 20), st.integers(1, 6))
def test_each_window_that_touches_an_emission_is_looked_at(blocks: list[Block], start_us: int, airtime_us: int) -> None:
    end_us = start_us + airtime_us
    with_it = [*blocks, Block(start_us, end_us, airtime_us)]
    busiest_us = max(small_window_us(with_it, at_us) for at_us in range(start_us - 20, end_us + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duty_cycle, "WINDOW_US", 20)
        account = Account(-100, {BAND: tuple(sorted(blocks))})
        assert busiest_window_us(with_it, start_us - 20, end_us) == busiest_us
        assert fits(account, BAND, busiest_us, start_us, airtime_us)
        assert not fits(account, BAND, busiest_us - 1, start_us, airtime_us)


def test_a_loss_is_remembered_whatever_is_recorded() -> None:
    assert reserve(lost_account(NOW_US), BAND, NOW_US, 1, NOW_US).known_since_us == NOW_US


def test_overlapping_blocks_are_not_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty_cycle, "MOST_BLOCKS", 1)
    account = Account(NOW_US - MEMORY_US, {BAND: (Block(NOW_US - 100, NOW_US - 50, 10),)})
    account = reserve(account, BAND, NOW_US - 60, 30, NOW_US)
    assert len(account.blocks[BAND]) == 2


def test_a_reservation_to_come_counts() -> None:
    account = reserve(fresh_account(NOW_US), BAND, NOW_US + 60 * SECOND_US, LIMIT_US, NOW_US)
    assert not fits(account, BAND, LIMIT_US, NOW_US, 1)


def test_an_emission_leaves_the_window_little_by_little() -> None:
    account = reserve(fresh_account(NOW_US), BAND, NOW_US, LIMIT_US, NOW_US)
    assert not fits(account, BAND, LIMIT_US, NOW_US + WINDOW_US - 1, 10 * SECOND_US)
    assert fits(account, BAND, LIMIT_US, NOW_US + WINDOW_US, LIMIT_US)


def test_an_emission_longer_than_the_limit_never_fits() -> None:
    assert not fits(fresh_account(NOW_US), BAND, LIMIT_US, NOW_US, LIMIT_US + 1)


def test_a_release_gives_back_what_was_reserved_and_only_once() -> None:
    reserved = NOW_US + SECOND_US, 20 * SECOND_US
    other = NOW_US + 30 * SECOND_US, 10 * SECOND_US
    account = reserve(reserve(fresh_account(NOW_US), BAND, *reserved, NOW_US), BAND, *other, NOW_US)
    released = release(account, BAND, *reserved)
    assert released.blocks == {BAND: (Block(other[0], other[0] + other[1], other[1]),)}
    assert release(released, BAND, *reserved) is released


def test_what_is_past_is_forgotten_after_an_hour_and_what_lies_before_cannot_be_judged() -> None:
    account = reserve(fresh_account(NOW_US), "EU868 K", NOW_US, SECOND_US, NOW_US)
    later_us = NOW_US + SECOND_US + MEMORY_US
    account = reserve(account, BAND, later_us, SECOND_US, later_us)
    assert list(account.blocks) == [BAND]
    assert not fits(account, "EU868 K", LIMIT_US, later_us - MEMORY_US + WINDOW_US - 1, 1)
    assert fits(account, "EU868 K", LIMIT_US, later_us - MEMORY_US + WINDOW_US, 1)


def test_after_a_loss_nothing_fits_for_an_hour() -> None:
    account = lost_account(NOW_US)
    assert not fits(account, BAND, LIMIT_US, NOW_US + WINDOW_US - 1, 1)
    assert fits(account, BAND, LIMIT_US, NOW_US + WINDOW_US, LIMIT_US)


@settings(deadline=None)
@given(st.integers(5_000, 100_000))
def test_memory_is_bounded_and_the_sum_stays_exact(airtime_us: int) -> None:
    account, now_us = fresh_account(NOW_US), NOW_US
    for _ in range(3 * MOST_BLOCKS):
        account = reserve(account, BAND, now_us, airtime_us, now_us)
        now_us += SECOND_US
    assert len(account.blocks[BAND]) <= MOST_BLOCKS + 1
    assert sum(block.airtime_us for block in account.blocks[BAND]) == 3 * MOST_BLOCKS * airtime_us
    assert max(block.end_us - block.start_us for block in account.blocks[BAND]) < 15 * SECOND_US


def test_emissions_to_come_stay_single_and_can_be_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty_cycle, "MOST_BLOCKS", 2)
    account = fresh_account(NOW_US)
    for second in range(1, 6):
        account = reserve(account, BAND, NOW_US + second * SECOND_US, 1000, NOW_US)
    assert len(account.blocks[BAND]) == 5
    for second in range(1, 6):
        account = release(account, BAND, NOW_US + second * SECOND_US, 1000)
    assert account.blocks[BAND] == ()


def test_a_clock_that_shows_more_moves_all() -> None:
    account = Account(5, {BAND: (Block(10, 30, 7),)})
    assert shifted(account, -100) == Account(-95, {BAND: (Block(-90, -70, 7),)})
