"""Who used the machine, from what the kernel counts in ticks of a hundredth of a second."""

import os
import subprocess
import sys
import time

import pytest

from bench.machine import cpu_clock_of, cpu_s_with_ended, others_percent, usage_from

#              user nice system idle iowait irq softirq steal guest
BEFORE = "cpu  1000 0 100 5000 50 0 10 0 77\ncpu0 1 1 1 1 1 1 1 1 1\n"
AFTER = "cpu  1020 0 110 5060 60 0 10 0 999\ncpu0 9 9 9 9 9 9 9 9 9\n"


@pytest.mark.parametrize(("ours_s", "percent"), [(0.0, 30.0), (0.1, 20.0), (0.3, 0.0), (0.4, 0.0)])
def test_others_used_what_was_neither_idle_nor_ours(ours_s: float, percent: float) -> None:
    assert others_percent(usage_from(BEFORE, 7.0), usage_from(AFTER, 7.0 + ours_s)) == pytest.approx(percent)


def test_no_time_between_two_readings_is_nobodys() -> None:
    assert others_percent(usage_from(BEFORE, 0.0), usage_from(BEFORE, 0.0)) == 0.0


def test_our_own_processor_time_is_what_the_interpreter_says() -> None:
    before_s = time.process_time()
    found_s = time.clock_gettime(cpu_clock_of(os.getpid()))
    assert before_s <= found_s <= time.process_time()


def test_what_a_process_used_that_has_ended_is_ours_too() -> None:
    before_s, own_s = cpu_s_with_ended(), time.process_time()
    subprocess.run([sys.executable, "-c", "sum(range(2_000_000))"], check=True)
    assert cpu_s_with_ended() - before_s > time.process_time() - own_s
