"""How soon a deaf radio is recognised, and how often one that hears is called deaf: simulated months at many sites.

A thorough run writes the table into docs/deaf-radio.md.
"""

import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.deafness_sites import OTHERS, POISSON, Site, from_recording
from bench.deafness_trial import MONDAY_S, Outcome, trial
from bench.effort import Effort
from bench.figures import Reading, percentile
from bench.traffic import recording_path
from gateway.supervision.deafness import DeafnessWatch

DEAFNESS_FIGURES = (
    "deafness.delay_min.max@1_a_minute",
    "deafness.false_alarms_per_month.worst",
    "deafness.us_per_second",
)
DOCUMENT = Path(__file__).parents[1] / "docs" / "deaf-radio.md"
BEGIN, END = "<!-- by python -m bench --only deafness -->", "<!-- end of the table -->"
CONFIDENCE = 0.95
_ONE_A_MINUTE = "Poisson, 1 a minute"
_LEARNING_S, _CALLS = 3 * 86_400, 24_000
_HEADING = (
    "| site | months | false alarms | a month | below, surely | delay: median | 95 % | longest | by day | by night |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)


async def measure_deafness(effort: Effort) -> list[Reading]:
    """Live through all sites' months, as many at once as there are processors."""
    path = recording_path()
    sites = (*POISSON, *OTHERS, *(from_recording(path) if path.is_file() else ()))
    outcomes = lived(sites, effort.deafness_share)
    if effort.deafness_share == 1:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), table(sites, outcomes)), encoding="utf-8")
    delays_s = outcomes[[site.name for site in sites].index(_ONE_A_MINUTE)].delays_s
    worst = max(range(len(sites)), key=lambda index: per_month(outcomes[index]))
    left_out = "" if path.is_file() else f"; skipped: those of the recording, which is not in {path}"
    return [
        Reading(
            DEAFNESS_FIGURES[0],
            max(delays_s, default=math.inf) / 60,
            f"{len(delays_s)} moments at which the radio goes deaf, from the third week on; a Poisson site",
        ),
        Reading(
            DEAFNESS_FIGURES[1],
            per_month(outcomes[worst]),
            f"of {len(sites)} sites: {sites[worst].name}; {outcomes[worst].months:.0f} months, from the first day on; "
            f"{sum(outcome.months for outcome in outcomes):.0f} in all{left_out}",
        ),
        Reading(
            DEAFNESS_FIGURES[2],
            us_per_second(),
            "one judge(); every 12 s one heard(), which ends a silence and learns from it; in the mean",
        ),
    ]


def lived(sites: Sequence[Site], share: float) -> list[Outcome]:
    """What became of each site's gateway, all runs together."""
    jobs = [(site, run, share) for site in sites for run in range(site.runs)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = iter(list(pool.map(trial, *zip(*jobs, strict=True))))
    return [together([next(runs) for _ in range(site.runs)]) for site in sites]


def together(runs: Sequence[Outcome]) -> Outcome:
    """Several runs as one."""
    return Outcome(
        sum(run.months for run in runs),
        [moment for run in runs for moment in run.alarms_s],
        [delay for run in runs for delay in run.day_s],
        [delay for run in runs for delay in run.night_s],
    )


def per_month(outcome: Outcome) -> float:
    """False alarms a month."""
    return len(outcome.alarms_s) / outcome.months


def surely_below(events: int) -> float:
    """The mean of a Poisson count above which so few events would be seen once in twenty times only."""
    low, high = float(events), 10.0 + 3 * events
    for _ in range(60):
        mean = (low + high) / 2
        chance = math.fsum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(events + 1))
        low, high = (mean, high) if chance > 1 - CONFIDENCE else (low, mean)
    return high


def table(sites: Sequence[Site], outcomes: Sequence[Outcome]) -> list[str]:
    """In Markdown."""
    rows = [_row(site.name, outcome) for site, outcome in zip(sites, outcomes, strict=True)]
    if not any(site.name.startswith("Grenoble") for site in sites):
        rows.append("| Grenoble: skipped, the recording is not there |" + " |" * 9)
    return [*_HEADING, *rows]


def with_table(document: str, lines: Sequence[str]) -> str:
    """A document whose table is another one."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *lines, "", END + after])


def _row(name: str, outcome: Outcome) -> str:
    delays_s, day_s, night_s = outcome.delays_s, outcome.day_s, outcome.night_s
    cells = [
        name,
        f"{outcome.months:.0f}",
        f"{len(outcome.alarms_s)}",
        f"{per_month(outcome):.2f}",
        f"{surely_below(len(outcome.alarms_s)) / outcome.months:.2f}",
        *(duration(percentile(delays_s, percent)) if delays_s else "" for percent in (50, 95, 100)),
        *(duration(percentile(values, 50)) if values else "" for values in (day_s, night_s)),
    ]
    return "| " + " | ".join(cells) + " |"


def duration(seconds: float) -> str:
    """For people."""
    if math.isinf(seconds):
        return "never"
    if seconds < 100 * 60:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 100 * 3600 else f"{seconds / 86_400:.1f} d"


def us_per_second() -> float:
    """Processor time of a learnt watch that is asked once a second, with a silence to be learnt every ten seconds."""
    watch, began_s = DeafnessWatch.begun(0.0), 0.0
    for at_s in range(0, _LEARNING_S + _CALLS, 12):
        watch = watch.heard(at_s, 1, MONDAY_S + at_s)
        if at_s < _LEARNING_S:
            began_s = time.process_time()
            continue
        for second in range(12):
            watch.judge(at_s + second)
    return (time.process_time() - began_s) / _CALLS * 1e6
