"""The order of replay against a model that holds everything in lists, over failures, late fates and kills."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.losses import Reason
from forwarder.store.records import Stored
from tests.forwarder.store.scene import NOW_MS, OTHER_ROUTE, ROUTE, keys, killed, late, opened, stored

ROUTES = st.sampled_from([ROUTE, OTHER_ROUTE])
DEVICES = st.integers(-2, 2)
# Small enough for several segments, large enough that none is given up.
LIMITS = StoreLimits(most_bytes=1 << 20)


class Replay(RuleBasedStateMachine):
    """`waiting` and `out` are what the store must hold; an uplink that was not sent at once comes `late`."""

    @initialize()
    def start(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.path = Path(self.temporary.name)
        self.store = opened(self.path, LIMITS)
        self.waiting: dict[int, Stored] = {}
        self.out: dict[int, Stored] = {}
        self.late: list[Stored] = []
        self.last_key = 0
        self.losses = 0

    def teardown(self) -> None:
        killed(self.store)
        self.temporary.cleanup()

    def _new(self, route: str, device: int) -> Stored:
        self.last_key += 1
        return stored(self.last_key, device, route=route)

    @rule(route=ROUTES, devices=st.lists(DEVICES, min_size=1, max_size=8))
    def heard(self, route: str, devices: list[int]) -> None:
        for device in devices:
            uplink = self._new(route, device)
            assert self.store.append(uplink, NOW_MS) is Kept.ON_DISK
            self.waiting[uplink.key] = uplink

    @rule(route=ROUTES, device=DEVICES)
    def heard_and_sent_at_once(self, route: str, device: int) -> None:
        self.late.append(self._new(route, device))

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def that_failed(self, data: st.DataObject) -> None:
        uplink = self.late.pop(data.draw(st.integers(0, len(self.late) - 1)))
        assert self.store.append(uplink, NOW_MS) is Kept.ON_DISK
        self.waiting[uplink.key] = uplink

    @rule(route=ROUTES, most=st.integers(1, 6), together=st.integers(1, 3))
    def replay(self, route: str, most: int, together: int) -> None:
        found = self.store.next(route, NOW_MS, most, together)
        assert found == [late(uplink) for uplink in self._expected(route, most, together)]
        for uplink in found:
            self.out[uplink.key] = self.waiting.pop(uplink.key)

    def _expected(self, route: str, most: int, together: int) -> list[Stored]:
        busy = {uplink.device for uplink in self.out.values() if uplink.route == route}
        chosen: list[Stored] = []
        for _, uplink in sorted(self.waiting.items()):
            of_device = [other for other in chosen if other.device == uplink.device]
            if uplink.route == route and uplink.device not in busy and len(of_device) < together:
                chosen.append(uplink)
        return chosen[:most]

    def _some(self, data: st.DataObject, among: Sequence[int]) -> list[int]:
        return data.draw(st.lists(st.sampled_from(among), unique=True, min_size=1))

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def delivered(self, data: st.DataObject) -> None:
        some = self._some(data, sorted(self.out))
        self.store.delivered(some, NOW_MS)
        for key in some:
            del self.out[key]

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def failed(self, data: st.DataObject) -> None:
        some = self._some(data, sorted(self.out))
        self.store.failed(some)
        for key in some:
            self.waiting[key] = self.out.pop(key)

    @precondition(lambda self: self.out or self.waiting)
    @rule(data=st.data(), is_delivered=st.booleans())
    def settled_out_of_turn(self, data: st.DataObject, is_delivered: bool) -> None:
        some = self._some(data, sorted([*self.out, *self.waiting]))
        if is_delivered:
            self.store.delivered(some, NOW_MS)
        else:
            self.store.given_up(some, Reason.REFUSED, NOW_MS)
            self.losses += len(some)
        for key in some:
            self.out.pop(key, None)
            self.waiting.pop(key, None)

    @rule(is_kill=st.booleans())
    def start_again(self, is_kill: bool) -> None:
        if not is_kill:
            self.store.close(NOW_MS)
        killed(self.store)
        self.store = opened(self.path, LIMITS)
        self.waiting |= self.out
        self.out = {}

    @rule()
    def tend(self) -> None:
        self.store.tend(NOW_MS)
        self.store.sync(NOW_MS)

    @invariant()
    def it_knows_who_waits(self) -> None:
        if not hasattr(self, "store"):
            return
        held = [*self.waiting.values(), *self.out.values()]
        for route in (ROUTE, OTHER_ROUTE):
            for device in range(-2, 3):
                expected = any((uplink.route, uplink.device) == (route, device) for uplink in held)
                assert self.store.has_backlog(route, device) == expected
        assert self.store.count == len(held)
        assert sum(self.store.losses.values()) == self.losses
        assert self.store.error is None


TestReplay = Replay.TestCase
TestReplay.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_device_alone_is_replayed_in_the_order_of_reception_over_many_segments(tmp_path: Path) -> None:
    store = opened(tmp_path, StoreLimits(most_bytes=200_000))
    order = [key ^ 3 for key in range(4, 804)]
    for key in order:
        store.append(stored(key), NOW_MS)
    assert len(list(tmp_path.glob("*.uplinks"))) > 3
    sent: list[int] = []
    while found := store.next(ROUTE, NOW_MS, 7, together=7):
        sent += keys(found)
        store.delivered(keys(found), NOW_MS)
    assert sent == sorted(order)
