"""What is wrong with a gateway by its snapshot, and the verdict in one line. Pure."""

import datetime
from collections.abc import Iterator
from typing import Literal

import msgspec

from gateway.console.formats import WORDS, day, decimal, percent, say
from gateway.console.snapshot import RadioState, Snapshot
from gateway.language import Language
from gateway.supervision.repairs import Deafness

Level = Literal["error", "warning"]
# See `gateway.link.state.Thresholds`, by which depositors' links are judged.
HOTTEST_C = 80.0
LEAST_FREE_SHARE = 0.03
# A policy takes days to be agreed and signed.
POLICY_ENDS_WITHIN_S = 14 * 86_400
STORE_FULL_SHARE = 0.9
# A server or a broker is given so long after the start before its absence is a trouble.
START_PATIENCE_S = 20.0


class Trouble(msgspec.Struct, frozen=True):
    """Something to look at. `error` is what keeps messages from getting through; `value` goes into the words."""

    kind: str
    level: Level
    value: str | float | None = None

    def in_words(self, language: Language, zone: datetime.tzinfo | None = None) -> str:
        """As part of a sentence."""
        words = WORDS[language]
        return say(words, words.troubles.texts[self.kind], subject=self._subject(language, zone))

    def _subject(self, language: Language, zone: datetime.tzinfo | None) -> str:
        words, value = WORDS[language], self.value
        if value is None or isinstance(value, str):
            return value or ""
        match self.kind:
            case "disk_full" | "store_full":
                return percent(value, words)
            case "policy_ends":
                return day(value - 1, words, zone)
            case _:
                return decimal(value, words, 0)


def troubles(snapshot: Snapshot) -> tuple[Trouble, ...]:
    """All of them: first what keeps messages from getting through."""
    found = [*_of_radio(snapshot), *_of_servers(snapshot), *_of_policy(snapshot), *_of_host(snapshot)]
    return tuple(sorted(found, key=lambda trouble: trouble.level != "error"))


def verdict(snapshot: Snapshot, language: Language, zone: datetime.tzinfo | None = None, *, most: int = 1) -> str:
    """One line: that all is well, or the first of what is not, `most` of them."""
    words, found = WORDS[language], troubles(snapshot)
    if not found:
        return words.troubles.all_well
    template = words.troubles.one if len(found) == 1 else words.troubles.several
    told = words.semicolon.join(trouble.in_words(language, zone) for trouble in found[:most])
    return say(words, template, count=len(found), first=f"{told}.")


def _of_radio(snapshot: Snapshot) -> Iterator[Trouble]:
    radio = snapshot.radio
    if radio.state is RadioState.LOST:
        yield Trouble("radio_lost", "error", radio.problem or radio.activity or "?")
        return
    if radio.state is RadioState.STARTING:
        yield Trouble("radio_starting", "warning")
        return
    if radio.deafness == Deafness.GIVEN_UP.value:
        # The place itself may have fallen silent: see `gateway.link.judging`.
        yield Trouble("radio_silent", "warning")
    elif radio.deafness is not None:
        yield Trouble("radio_deaf", "error")
    yield from (Trouble(f"radio_{name}", "error") for name in ("astray", "mute") if name in radio.troubles)
    if radio.temperature_c is not None and radio.temperature_c >= HOTTEST_C:
        yield Trouble("too_hot", "warning", radio.temperature_c)


def _of_servers(snapshot: Snapshot) -> Iterator[Trouble]:
    if snapshot.uptime_s < START_PATIENCE_S:
        return
    silent = [server.name for server in snapshot.servers if not server.connected]
    # One that another stands in for keeps no message from getting through.
    needed = {name for route in snapshot.routes if route.active is None for name in route.servers}
    if silent and len(silent) == len(snapshot.servers) and len(silent) > 1:
        yield Trouble("servers_silent", "error")
    else:
        yield from (Trouble("server_silent", "error" if name in needed else "warning", name) for name in silent)
    broker = snapshot.broker
    if broker is not None and not broker.connected:
        yield Trouble("broker", "warning")


def _of_policy(snapshot: Snapshot) -> Iterator[Trouble]:
    policy = snapshot.policy
    if policy is None:
        return
    if policy.serial is None:
        yield Trouble("no_policy_open", "warning") if policy.is_open_without else Trouble("no_policy", "error")
    if policy.refused is not None:
        yield Trouble("policy_refused", "warning", policy.refused)
    if policy.ends_unix_s is not None and policy.ends_unix_s - snapshot.clock.unix_s < POLICY_ENDS_WITHIN_S:
        yield Trouble("policy_ends", "warning", float(policy.ends_unix_s))
    if policy.accounts_problem is not None:
        yield Trouble("accounts", "warning", policy.accounts_problem)


def _of_host(snapshot: Snapshot) -> Iterator[Trouble]:
    disk, store = snapshot.disk, snapshot.store
    if disk.problem is not None:
        yield Trouble("disk", "warning", disk.problem)
    elif disk.free_share is not None and disk.free_share < LEAST_FREE_SHARE:
        yield Trouble("disk_full", "warning", disk.free_share)
    if store is not None and store.problem is not None and store.problem != disk.problem:
        yield Trouble("store", "warning", store.problem)
    if store is not None and store.share >= STORE_FULL_SHARE:
        yield Trouble("store_full", "warning", store.share)
    yield from (Trouble("stuck", "error", part) for part in snapshot.stuck)
    if snapshot.undervoltage:
        yield Trouble("undervoltage", "warning")
    if not snapshot.clock.synchronised:
        yield Trouble("clock", "warning")
    if snapshot.clock.gnss is not None and not snapshot.clock.gnss.time_known:
        yield Trouble("gnss", "warning")
    if snapshot.maintenance is not None and snapshot.maintenance.is_under_way:
        yield Trouble("maintenance", "warning", snapshot.maintenance.reason)
