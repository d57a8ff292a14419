"""Which message a broker may have ended a connection for. In MQTT 3.1.1 there is no other way to refuse one.

All that were under way are suspects. With the next connection each of them goes alone; the one at which that ends too
is not sent again, so that it stands in nobody's way for ever. A network that breaks twice at one message looks alike.
"""

from collections.abc import Sequence

import msgspec

from gateway.broker.outbox import Outgoing

CONNECTION_LOST = 128  # what paho-mqtt makes of an end without a word, too
# Busy, shutting down, keep alive, taken over, by hand, to another server (2), too many connections, long enough.
NOT_FOR_A_MESSAGE = frozenset((137, 139, 141, 142, 152, 156, 157, 159, 160))  # MQTT 5, 3.14.2.1


def may_be_for_a_message(code: int, *, is_said: bool) -> bool:
    """Whether an end with this reason may be about a message; `is_said` where the broker gave the reason itself."""
    return code not in NOT_FOR_A_MESSAGE if is_said else code == CONNECTION_LOST


def convicted(under_way: Sequence[Outgoing]) -> Outgoing | None:
    """The message at which the broker has ended the connection a second time, or None."""
    if len(under_way) == 1 and under_way[0].is_suspect:
        return under_way[0]
    return None


def suspected(under_way: Sequence[Outgoing]) -> list[Outgoing]:
    """The same messages, to be sent alone."""
    return [msgspec.structs.replace(message, is_suspect=True) for message in under_way]
