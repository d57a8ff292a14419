"""Which join request a join accept answers: it is encrypted, but it is due a whole number of seconds later. Pure."""

from collections import deque

import msgspec

from gateway.policy.claim import Claim, DeviceKey

COUNTER_MASK = 0xFFFF_FFFF
US_PER_S = 1_000_000
# JOIN_ACCEPT_DELAY1 is 5 s in every region, but a network may have another; RxDelay goes to 15 s (LoRaWAN L2
# 1.0.4, 5.7), and RX2 follows a second later.
LONGEST_DELAY_S = 16
MOST_JOINS = 256


class HeardJoin(msgspec.Struct, frozen=True, gc=False):
    """A join request that was forwarded; `counter_us` is its end on the concentrator counter."""

    counter_us: int
    claim: Claim
    device: DeviceKey
    join_eui: int | None = None


class RecentJoins:
    """The last join requests that were forwarded."""

    def __init__(self) -> None:
        self._heard: deque[HeardJoin] = deque(maxlen=MOST_JOINS)

    def note(self, counter_us: int, claim: Claim, device: DeviceKey, join_eui: int | None = None) -> None:
        """A join request was forwarded."""
        self._heard.append(HeardJoin(counter_us, claim, device, join_eui))

    def answered_at(self, counter_us: int) -> HeardJoin | None:
        """The join request that an emission at that moment of the concentrator counter answers, if any."""
        for heard in reversed(self._heard):
            delay_s, rest_us = divmod((counter_us - heard.counter_us) & COUNTER_MASK, US_PER_S)
            if not rest_us and 1 <= delay_s <= LONGEST_DELAY_S:
                return heard
        return None
