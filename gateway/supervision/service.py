"""The daemon as a service of systemd: ready, reloading, stopping, what it is at, and alive while it makes progress.

The task that feeds the watchdog runs in the event loop that it answers for. Without systemd it only looks.
"""

import asyncio
import faulthandler
import threading
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.supervision.loop_guard import LoopGuard
from gateway.supervision.status_line import Outlook, Told, due, status_line
from gateway.supervision.systemd import (
    READY,
    STOPPING,
    WATCHDOG,
    NotifySocket,
    ServiceManager,
    extend_timeout,
    reloading,
    status,
)
from gateway.supervision.vitals import Vitals
from gateway.supervision.watchdog import Stuck, in_words, look_every_s, patience_s, stuck_parts

EVENT_LOOP = "event loop"
STANDARD_ERROR = 2
# A start imports, and reads what is kept: on a slow card and a busy processor more than a watchdog's period.
START_PATIENCE_S = 60.0

_log = structlog.get_logger()

Reread = Callable[[], Awaitable[str]]
"""Reads again what can be read again, and gives a remark for `systemctl status`, "" where there is none."""


class Service:
    """Looks at the gateway's signs of life, and tells systemd, where there is one."""

    def __init__(self, manager: ServiceManager | None = None, reread: Reread | None = None) -> None:
        manager = manager or ServiceManager()
        self.vitals = Vitals()
        self._socket = NotifySocket.of(manager)
        self._guards_socket = NotifySocket.of(manager)
        self._watchdog_s = manager.watchdog_s
        self._patience_s = patience_s(manager.watchdog_s)
        self._reread = reread
        self._reload_wanted = asyncio.Event()
        self._listener: Listener | None = None
        self._pipeline: Pipeline | None = None
        self._is_ready = False
        self._is_stopping = False
        self._remark = ""
        self._told = Told()

    def ready(self) -> None:
        """The radio listens and the servers' ends run."""
        self._is_ready = True
        self._tell(_now_s(), READY)

    def reload(self) -> None:
        """SIGHUP came: read again what can be read again."""
        self._reload_wanted.set()

    def stopping(self) -> None:
        """The end has begun."""
        if not self._is_stopping:
            self._is_stopping = True
            self._tell(_now_s(), STOPPING)

    async def run(self, listener: Listener, pipeline: Pipeline) -> NoReturn:
        """Look, feed and tell until cancelled."""
        self._listener, self._pipeline = listener, pipeline
        guard = None if self._socket is None else LoopGuard(self._patience_s, self._loop_is_blocked)
        try:
            if guard is not None:
                guard.start()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look_regularly(listener, pipeline, guard))
                tasks.create_task(self._reload_when_told(pipeline))
        finally:
            if guard is not None:
                guard.stop()
            self.stopping()
        raise AssertionError("its tasks run until cancelled")

    async def _look_regularly(self, listener: Listener, pipeline: Pipeline, guard: LoopGuard | None) -> NoReturn:
        every_s = look_every_s(self._watchdog_s)
        while True:
            # From before the look: a process may be stopped in the middle of one, too.
            due_s = _now_s() + every_s
            if guard is not None:
                guard.beat()
            self._look(listener, pipeline, _now_s())
            await asyncio.sleep(max(0.0, due_s - _now_s()))
            lag_s = self.vitals.lag.woke(due_s, _now_s())
            if lag_s is not None:
                _log.warning("the event loop was held up", lag_ms=round(lag_s * 1000))

    def _look(self, listener: Listener, pipeline: Pipeline, now_s: float) -> None:
        signs = self.vitals.signs(listener, pipeline, now_s)
        stuck = stuck_parts(signs, now_s, self._patience_s, self.vitals.lag.hold_ups)
        self._report(self.vitals.stuck, stuck)
        self.vitals.stuck = stuck
        if not stuck:
            self._feed()
        self._tell(now_s)

    def _report(self, before: tuple[Stuck, ...], stuck: tuple[Stuck, ...]) -> None:
        known = {part.name for part in before}
        for part in stuck:
            if part.name not in known:
                _log.error("a part of the gateway is stuck", part=part.name, for_s=round(part.for_s, 1))
        for name in known - {part.name for part in stuck}:
            _log.warning("a part of the gateway that was stuck goes on", part=name)
        if {part.name for part in stuck} - known:
            # By another thread: a journal that hangs leaves standard error full, and the loop has others to serve.
            threading.Thread(target=_tell_what_hangs, name="what hangs", daemon=True).start()

    def _feed(self) -> None:
        """Systemd's patience is asked for again: with the watchdog's food, or while it starts with more time."""
        if self._is_stopping:
            return
        if not self._is_ready:
            self._send(extend_timeout(max(START_PATIENCE_S, 2 * self._patience_s)))
        elif self._watchdog_s is not None:
            self._send(WATCHDOG)

    def _loop_is_blocked(self, for_s: float) -> None:
        """On the guard's thread. The log comes last: the loop may hold a lock of it."""
        if self._guards_socket is not None:
            self._guards_socket.send(status(f"stuck: {in_words((Stuck(EVENT_LOOP, for_s),))}"))
        _tell_what_hangs()
        _log.error("a part of the gateway is stuck", part=EVENT_LOOP, for_s=round(for_s, 1))

    async def _reload_when_told(self, pipeline: Pipeline) -> NoReturn:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            if self._is_ready:
                self._send(reloading(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000))
            try:
                pipeline.reload()
                self._remark = "" if self._reread is None else await self._reread()
            finally:
                self._tell(_now_s(), *([READY] if self._is_ready and not self._is_stopping else []))

    def _tell(self, now_s: float, *news: bytes) -> None:
        """Tell news, and with it how things are, where that is new and due."""
        outlook = self._outlook()
        if due(self._told, outlook, now_s):
            self.vitals.status_line = status_line(outlook)
            self._told = Told(self.vitals.status_line, outlook, now_s)
            news = (*news, status(self.vitals.status_line))
        if news:
            self._send(*news)

    def _outlook(self) -> Outlook:
        listener, pipeline = self._listener, self._pipeline
        if listener is None or pipeline is None:
            return Outlook(activity="starting")
        backends, router, totals = pipeline.backends, pipeline.router, pipeline.totals
        policy = pipeline.policy.summary()
        return Outlook(
            packets=totals.packets_received,
            refused=totals.packets_refused,
            downlinks=totals.downlinks_emitted,
            servers=len(backends),
            servers_up=sum(backend.counters.connected for backend in backends),
            waiting=0 if router is None else router.keeper.count,
            has_policy="policy_serial" in policy,
            policy_serial=_serial(policy.get("policy_serial")),
            activity=self._activity(listener),
            remark=self._remark,
            stuck=in_words(self.vitals.stuck),
            is_stopping=self._is_stopping,
        )

    def _activity(self, listener: Listener) -> str:
        activity = listener.activity or listener.problem or ""
        return activity if activity or self._is_ready else "starting"

    def _send(self, *messages: bytes) -> None:
        if self._socket is not None:
            self._socket.send(*messages)


def _tell_what_hangs() -> None:
    faulthandler.dump_traceback(STANDARD_ERROR, all_threads=True)


def _serial(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _now_s() -> float:
    return asyncio.get_running_loop().time()
