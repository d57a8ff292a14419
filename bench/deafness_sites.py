"""Where a gateway may stand: packets' moments in seconds from a Monday's midnight on, in order, drawn from a seed."""

import enum
import gzip
import heapq
import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec

DAY_S, HOUR_S, MINUTE_S = 86_400.0, 3600.0, 60.0
Arrivals = Callable[[random.Random, float], Iterator[float]]
"""The moments until a number of days is over."""


class Clock(enum.Enum):
    """How well the gateway knows the hour, and whether its process lives on."""

    SURE = "sure"
    NONE = "none"
    JUMPS = "jumps"
    RESTARTS = "restarts"


class Site(msgspec.Struct, frozen=True):
    """A place. So many months of 30 days are simulated in each run."""

    name: str
    arrivals: Arrivals
    months: float = 12
    runs: int = 1
    clock: Clock = Clock.SURE


def poisson(per_minute: float, rng: random.Random, days: float) -> Iterator[float]:
    """Packets that know nothing of each other. Of busy places only what makes a difference: one packet in 9 s."""
    rate = per_minute / MINUTE_S
    if per_minute > 20:
        yield from _busy(rate, rng, days)
        return
    at_s, end_s = rng.expovariate(rate), days * DAY_S
    while at_s < end_s:
        yield at_s
        at_s += rng.expovariate(rate)


def _busy(rate: float, rng: random.Random, days: float, chained_s: float = 10.0) -> Iterator[float]:
    """Chains of gaps below 10 s, whose sum is nearly normal, and the gaps above that end them."""
    at_s, end_s, above = 0.0, days * DAY_S, math.exp(-rate * chained_s)
    mean_s = 1 / rate - chained_s * above / (1 - above)
    deviation_s = math.sqrt(max(0.0, 1 / rate**2 - chained_s**2 * above / (1 - above) ** 2))
    while at_s < end_s:
        yield at_s
        gaps = int(math.log(1 - rng.random()) / math.log1p(-above))
        chain_s = max(0.0, rng.gauss(gaps * mean_s, math.sqrt(gaps) * deviation_s))
        until_s = min(at_s + chain_s, end_s)
        while at_s + 9 < until_s:
            at_s += 9
            yield at_s
        yield until_s
        at_s = until_s + chained_s + rng.expovariate(rate)


def by_rate(rate_at: Callable[[float], float], highest: float, rng: random.Random, days: float) -> Iterator[float]:
    """Packets by a rate (a minute) that depends on the moment, by thinning of the highest."""
    for at_s in poisson(highest, rng, days):
        if rng.random() * highest < rate_at(at_s):
            yield at_s


def office(at_s: float, day: float = 2.0, night: float = 0.1) -> float:
    """Working hours of a working week, with a morning that begins by and by."""
    hour, weekday = at_s % DAY_S / HOUR_S, int(at_s // DAY_S) % 7
    if weekday >= 5 or not 7 <= hour < 19:
        return night
    return day if 8 <= hour < 18 else (day + night) / 2


def shop(at_s: float) -> float:
    """Nothing at all by night and on Sundays."""
    hour, weekday = at_s % DAY_S / HOUR_S, int(at_s // DAY_S) % 7
    return 1.0 if 6 <= hour < 22 and weekday != 6 else 0.0


def city(at_s: float) -> float:
    """Three times as much in the afternoon as before dawn."""
    return 2 - math.cos((at_s % DAY_S - 4 * HOUR_S) / DAY_S * 2 * math.pi)


def with_holidays(at_s: float) -> float:
    """An office that is closed one working day in four weeks, never the same: France has eleven such days a year."""
    day = int(at_s // DAY_S)
    return 0.1 if day % 28 == (day // 28 * 3) % 5 else office(at_s)


def halved(at_s: float, after_days: float = 60) -> float:
    """Half of the sensors are taken away for good."""
    return 1.0 if at_s < after_days * DAY_S else 0.5


def decimated(at_s: float, after_days: float = 60) -> float:
    """Nine of ten."""
    return 1.0 if at_s < after_days * DAY_S else 0.1


def season(at_s: float) -> float:
    """Between 1 and 0.2 packets a minute, over half a year and back."""
    return 0.6 + 0.4 * math.cos(at_s / (180 * DAY_S) * math.pi)


def died(at_s: float) -> float:
    """The only sensor dies after two months."""
    return 0.2 if at_s < 60 * DAY_S else 0.0


def moody(rng: random.Random, days: float) -> Iterator[float]:
    """Now 3 packets a minute, now one in ten minutes, each for an hour or two by chance."""
    at_s, busy = 0.0, True
    while at_s < days * DAY_S:
        end_s = at_s + rng.expovariate(1 / (1.5 * HOUR_S))
        rate = (3.0 if busy else 0.1) / MINUTE_S
        at_s += rng.expovariate(rate)
        while at_s < end_s:
            yield at_s
            at_s += rng.expovariate(rate)
        at_s, busy = end_s, not busy


def repeated(rng: random.Random, days: float) -> Iterator[float]:
    """Three reports in ten minutes, of up to eight frames some seconds apart."""
    frames: list[float] = []
    for at_s in poisson(0.3, rng, days):
        while frames and frames[0] <= at_s:
            yield heapq.heappop(frames)
        for number in range(rng.randint(1, 8)):
            heapq.heappush(frames, at_s + 7 * number + rng.random())
    yield from sorted(frames)


def storms(rng: random.Random, days: float) -> Iterator[float]:
    """A packet in two minutes; twice a day everybody joins at once, and then nobody speaks for a while."""
    quiet_until_s, ordinary = 0.0, poisson(0.5, rng, days)
    storm_s = rng.expovariate(2 / DAY_S)
    for at_s in ordinary:
        while storm_s < at_s:
            yield from (storm_s + 9 * step for step in range(20))
            quiet_until_s = storm_s + 180 + 60 * rng.uniform(5, 25)
            storm_s = quiet_until_s + rng.expovariate(2 / DAY_S)
        if at_s >= quiet_until_s:
            yield at_s


def outages(rng: random.Random, days: float) -> Iterator[float]:
    """A packet a minute; twice a month nothing reaches the antenna for two to six hours."""
    until_s, next_s = 0.0, rng.expovariate(2 / (30 * DAY_S))
    for at_s in poisson(1.0, rng, days):
        if at_s >= next_s:
            until_s = next_s + HOUR_S * rng.uniform(2, 6)
            next_s = until_s + rng.expovariate(2 / (30 * DAY_S))
        if at_s >= until_s:
            yield at_s


def periodic(period_s: float, sensors: int, lost: float, rng: random.Random, days: float) -> Iterator[float]:
    """Sensors with a period, each at its own time, of which a share is not heard."""
    return heapq.merge(*(_one(period_s, rng.random() * period_s, lost, rng, days) for _ in range(sensors)))


def on_the_hour(sensors: int, lost: float, rng: random.Random, days: float) -> Iterator[float]:
    """All send within 20 s of each full hour."""
    return heapq.merge(*(_one(HOUR_S, rng.random() * 20, lost, rng, days) for _ in range(sensors)))


def _one(period_s: float, phase_s: float, lost: float, rng: random.Random, days: float) -> Iterator[float]:
    """One sensor, punctual to 3 s."""
    for number in range(int(days * DAY_S / period_s)):
        if rng.random() >= lost:
            yield phase_s + number * period_s + rng.random() * 3


class _Heard(msgspec.Struct):
    t_ms: int


def recorded(path: Path) -> list[float]:
    """The moments of a recording, in seconds since 1970."""
    with gzip.open(path) as lines:
        return [msgspec.json.decode(line, type=_Heard).t_ms / 1000 for line in lines]


def replayed(moments: Sequence[float], _rng: random.Random, days: float) -> Iterator[float]:
    """A recording as it was, from the midnight of its first Monday on."""
    monday_s = ((moments[0] // DAY_S + 3) // 7 * 7 - 3) * DAY_S
    return (at_s - monday_s for at_s in moments if at_s - monday_s < days * DAY_S)


def redrawn(moments: Sequence[float], sensors: int, rng: random.Random, days: float) -> Iterator[float]:
    """Sensors that live whole days of a recording, drawn by chance, each at its own time of the day."""
    whole = _whole_days(moments)
    return heapq.merge(*(_drawn(whole, rng.random() * DAY_S, rng, days) for _ in range(sensors)))


def _drawn(whole: Sequence[Sequence[float]], shift_s: float, rng: random.Random, days: float) -> Iterator[float]:
    for day in range(int(days)):
        yield from (day * DAY_S + shift_s + second for second in rng.choice(whole))


def _whole_days(moments: Sequence[float], longest_s: float = 3700.0) -> list[list[float]]:
    """The seconds of the days in which the sensor was never silent for more than an hour."""
    by_day: dict[int, list[float]] = {}
    for at_s in moments:
        by_day.setdefault(int(at_s // DAY_S), []).append(at_s % DAY_S)
    return [
        seconds
        for seconds in by_day.values()
        if max((b - a for a, b in pairwise([0.0, *seconds, DAY_S])), default=DAY_S) < longest_s
    ]


POISSON = tuple(
    Site(f"Poisson, {rate:g} a minute", partial(poisson, rate), months, runs)
    for rate, months, runs in (
        (0.1, 12, 2),
        (0.3, 12, 2),
        (1.0, 18, 1),
        (3.0, 6, 2),
        (10.0, 4, 1),
        (30.0, 4, 1),
        (100.0, 4, 1),
    )
)
OTHERS = (
    Site("city: 1 to 3 a minute", partial(by_rate, city, 3.0), 8, 2),
    Site("office: 2 a minute, 0.1 by night and at weekends", partial(by_rate, office, 2.0), 12, 2),
    Site("the same, hour not known", partial(by_rate, office, 2.0), 12, 1, Clock.NONE),
    Site("the same, clock 7 h wrong for a day every week", partial(by_rate, office, 2.0), 12, 1, Clock.JUMPS),
    Site("the same, daemon restarted every day", partial(by_rate, office, 2.0), 12, 1, Clock.RESTARTS),
    Site("the same, a holiday in four weeks", partial(by_rate, with_holidays, 2.0), 12, 2),
    Site("shop: 1 a minute, nothing by night and on Sundays", partial(by_rate, shop, 1.0), 12),
    Site("3 a minute for an hour or two, then 0.1", moody, 16),
    Site("reports of up to 8 frames, 7 s apart", repeated, 12, 1),
    Site("0.5 a minute, join storms and then silence", storms, 12, 2),
    Site("1 a minute, silent for hours twice a month", outages, 16),
    Site("one sensor, every 10 min, 5% lost", partial(periodic, 600, 1, 0.05), 12, 2),
    Site("one sensor, every hour, 5% lost", partial(periodic, 3600, 1, 0.05), 12, 2),
    Site("20 sensors, each every hour, 10% lost", partial(periodic, 3600, 20, 0.1), 12, 2),
    Site("50 sensors on the full hour, 10% lost", partial(on_the_hour, 50, 0.1), 12, 1),
    Site("3 sensors on the full hour, 10% lost", partial(on_the_hour, 3, 0.1), 12, 1),
    Site("half of the sensors taken away, once in 6 months", partial(by_rate, halved, 1.0), 6, 3),
    Site("nine of ten sensors taken away, once in 6 months", partial(by_rate, decimated, 1.0), 6, 4),
    Site("seasons: 1 to 0.2 a minute", partial(by_rate, season, 1.0), 12),
    Site("the only sensor dies after 2 months", partial(by_rate, died, 0.2), 3, 12),
)


def from_recording(path: Path) -> tuple[Site, ...]:
    """What is made of the recording."""
    moments = recorded(path)
    return (
        Site("Grenoble: the recording, outages and all", partial(replayed, moments), 9),
        Site("Grenoble: its days, one sensor", partial(redrawn, moments, 1), 12, 2),
        Site("Grenoble: its days, 5 sensors", partial(redrawn, moments, 5), 12, 1),
        Site("Grenoble: its days, 20 sensors", partial(redrawn, moments, 20), 12, 1),
    )
