"""In which order uplinks are replayed. Pure; it knows where they lie and nothing of what they say.

**Per device in the order of reception**, that of their keys, on each route. While an uplink of a device is out, nothing
more of that device is handed out: one that fails goes back to its place, before all later ones. Among devices the
oldest goes first.

**Several of one device may go out together only where they stay in order**: in one batch, to one backend, over one
connection that delivers in order and is lost as a whole, as MQTT's and a WebSocket's are. What of such a batch is not
confirmed goes out again, in order: the server may see one twice, and drops it by its frame counter. Datagrams overtake
each other and are lost one by one. There it is one at a time.
"""

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterator

import msgspec

GONE = -1
"""The place of an uplink that is out, and that is kept no longer."""


class _Lane:
    """One device's uplinks on one route that are not out, by key; and how many are out."""

    __slots__ = ("keys", "out", "places")

    def __init__(self) -> None:
        self.keys = array("Q")
        self.places = array("Q")
        self.out = 0


class _Out(msgspec.Struct, gc=False):
    route: str
    device: int
    place: int


class Backlog:
    """Every uplink that waits, by route and device. Some are out: handed to a backend, their fate not known yet."""

    def __init__(self) -> None:
        self._routes: dict[str, dict[int, _Lane]] = {}
        self._out: dict[int, _Out] = {}
        self.count = 0

    @property
    def device_count(self) -> int:
        """How many devices wait, once for each route."""
        return sum(len(lanes) for lanes in self._routes.values())

    def routes(self) -> list[str]:
        """Those with a backlog."""
        return [route for route, lanes in list(self._routes.items()) if lanes]

    def has(self, route: str, device: int | None = None) -> bool:
        """Whether anything of a device, or of any, waits or is out. From any thread."""
        lanes = self._routes.get(route)
        return bool(lanes) if lanes is None or device is None else device in lanes

    def place(self, route: str, device: int, key: int) -> int | None:
        """Where an uplink lies that waits or is out, GONE included; None where there is none."""
        if (out := self._out.get(key)) is not None:
            return out.place
        lane = self._routes.get(route, {}).get(device)
        at = None if lane is None else _index(lane, key)
        return None if lane is None or at is None else lane.places[at]

    def add(self, route: str, device: int, key: int, place: int) -> bool:
        """One more; False where this key is there already."""
        if key in self._out:
            return False
        lane = self._routes.setdefault(route, {}).setdefault(device, _Lane())
        if not _insert(lane, key, place):
            return False
        self.count += 1
        return True

    def move(self, route: str, device: int, key: int, place: int) -> bool:
        """An uplink lies elsewhere now; False where it is no longer there."""
        if (out := self._out.get(key)) is not None:
            out.place = place
            return True
        lane = self._routes.get(route, {}).get(device)
        at = None if lane is None else _index(lane, key)
        if lane is None or at is None:
            return False
        lane.places[at] = place
        return True

    def take(self, route: str, most: int, together: int = 1) -> list[tuple[int, int]]:
        """Keys and places of those that may go out now, in order; of one device `together` at most. They are out."""
        lanes = self._routes.get(route, {})
        taken = heapq.nsmallest(most, _candidates(lanes, together))
        result = []
        for key, device in taken:
            lane = lanes[device]
            # The smallest of a device are a beginning of its lane, and come in order.
            place = _remove(lane, 0)
            lane.out += 1
            self._out[key] = _Out(route, device, place)
            result.append((key, place))
        return result

    def settle(self, key: int) -> int | None:
        """An uplink waits no more, whether it was out or not. Its place, GONE, or None where it is not known."""
        out = self._out.pop(key, None)
        if out is not None:
            self._lane_of(out).out -= 1
            self._one_less(out.route, out.device)
            return out.place
        for route, lanes in self._routes.items():
            for device, lane in lanes.items():
                if (at := _index(lane, key)) is not None:
                    place = _remove(lane, at)
                    self._one_less(route, device)
                    return place
        return None

    def put_back(self, key: int) -> bool:
        """An uplink that was out waits again, in its place; False where it was not out, or has no place any more."""
        out = self._out.pop(key, None)
        if out is None:
            return False
        lane = self._lane_of(out)
        lane.out -= 1
        if out.place == GONE:
            self._one_less(out.route, out.device)
            return False
        return _insert(lane, key, out.place)

    def is_out(self, key: int) -> bool:
        """Whether an uplink was handed out, and its fate is not known."""
        return key in self._out

    def drop(self, route: str, device: int, key: int) -> None:
        """An uplink has no place any more. It waits no longer; where it is out, its fate is waited for."""
        if (out := self._out.get(key)) is not None:
            out.place = GONE
            return
        lane = self._routes.get(route, {}).get(device)
        at = None if lane is None else _index(lane, key)
        if lane is not None and at is not None:
            _remove(lane, at)
            self._one_less(route, device)

    def drop_range(self, begin: int, end: int) -> list[tuple[int, int]]:
        """The same for all that lie from a place up to another one; their keys and places."""
        found = [(out.route, out.device, key, out.place) for key, out in self._out.items() if begin <= out.place < end]
        for route, lanes in self._routes.items():
            for device, lane in lanes.items():
                found += [
                    (route, device, key, place)
                    for key, place in zip(lane.keys, lane.places, strict=True)
                    if begin <= place < end
                ]
        for route, device, key, _ in found:
            self.drop(route, device, key)
        return [(key, place) for _, _, key, place in found]

    def _lane_of(self, out: _Out) -> _Lane:
        return self._routes[out.route][out.device]

    def _one_less(self, route: str, device: int) -> None:
        self.count -= 1
        lane = self._routes[route][device]
        if not lane.out and not lane.keys:
            del self._routes[route][device]


def _candidates(lanes: dict[int, _Lane], together: int) -> Iterator[tuple[int, int]]:
    for device, lane in lanes.items():
        if not lane.out:
            for key in lane.keys[:together]:
                yield key, device


def _index(lane: _Lane, key: int) -> int | None:
    at = bisect_left(lane.keys, key)
    return at if at < len(lane.keys) and lane.keys[at] == key else None


def _remove(lane: _Lane, at: int) -> int:
    del lane.keys[at]
    return lane.places.pop(at)


def _insert(lane: _Lane, key: int, place: int) -> bool:
    """Put an uplink where it belongs, mostly at the end; False where it is there."""
    keys = lane.keys
    at = len(keys) if not keys or keys[-1] < key else bisect_left(keys, key)
    if at < len(keys) and keys[at] == key:
        return False
    keys.insert(at, key)
    lane.places.insert(at, place)
    return True
