"""Stores of processes that a test has killed: their files are closed with it, as the kernel would."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.policy.accounts.journal_store import JournalStore


@pytest.fixture(autouse=True)
def _files_of_the_killed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    opened: dict[int, JournalStore] = {}
    begin, close = JournalStore.__init__, JournalStore.close

    def remembered(self: JournalStore, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        opened[id(self)] = self

    def closed(self: JournalStore) -> None:
        opened.pop(id(self), None)
        close(self)

    monkeypatch.setattr(JournalStore, "__init__", remembered)
    monkeypatch.setattr(JournalStore, "close", closed)
    yield
    for store in list(opened.values()):
        close(store)
