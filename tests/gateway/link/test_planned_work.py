"""Planned work: one at a time, until its end or until somebody says so."""

import asyncio
from pathlib import Path

import pytest

from gateway.link.chronicle import Chronicle
from gateway.link.evidence.log import EvidenceLog
from gateway.link.instant import Instant
from gateway.link.planned_work import PlannedWork
from gateway.link.signals import Maintenance
from gateway.policy.source.signature import SigningKey
from tests.gateway.link_rig import body_of, evidence

UNIX_S = 1_780_000_000
MAST, MAINS = Maintenance("mast", UNIX_S, UNIX_S + 3600), Maintenance("mains")


class Work:
    """Planned work, and what the evidence has of it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = EvidenceLog(directory / "evidence", SigningKey.generate())
        self.planned = PlannedWork(Chronicle(self._log, lambda: Instant(1), "1.0"))

    def told(self) -> list[tuple[str, str]]:
        self._log.close()
        return [(body["event"], body["reason"]) for body in map(body_of, evidence(self._directory))]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_what_is_announced_stands_until_something_else_is(work: Work) -> None:
    async def story() -> None:
        await work.planned.announce(MAST)
        assert work.planned.planned == MAST
        await work.planned.announce(MAINS)
        assert work.planned.planned == MAINS
        await work.planned.announce(None)
        assert work.planned.planned is None
        await work.planned.announce(None)

    asyncio.run(story())
    assert work.told() == [("announced", "mast"), ("announced", "mains"), ("over", "mains")]


def test_its_planned_end_is_its_end(work: Work) -> None:
    asyncio.run(work.planned.announce(MAST))
    for known_unix_s in (None, UNIX_S, UNIX_S + 3599):
        work.planned.look(known_unix_s)
        assert work.planned.planned == MAST
    work.planned.look(UNIX_S + 3600)
    work.planned.look(UNIX_S + 3601)
    assert work.planned.planned is None
    assert work.told() == [("announced", "mast"), ("over", "mast")]


def test_without_a_planned_end_it_lasts_until_somebody_says_so(work: Work) -> None:
    asyncio.run(work.planned.announce(MAINS))
    work.planned.look(2**40)
    assert work.planned.planned == MAINS


def test_whoever_announces_is_answered_once_it_is_kept(work: Work) -> None:
    kept: list[Maintenance | None] = []

    async def keep() -> None:
        await asyncio.sleep(0)
        kept.append(work.planned.planned)

    work.planned.keep = keep
    asyncio.run(work.planned.announce(MAST))
    assert kept == [MAST]
