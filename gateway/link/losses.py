"""Which uplinks were given up, by depositor: what the outage store counts for good, from one look to the next. Pure."""

from collections.abc import Mapping

from forwarder.store.losses import Loss


def by_depositor(losses: Mapping[Loss, int]) -> dict[str, int]:
    """All that was ever given up of each depositor's, whatever the reason; what is nobody's left out."""
    counts: dict[str, int] = {}
    for (depositor, _reason), count in losses.items():
        if depositor:
            counts[depositor] = counts.get(depositor, 0) + count
    return counts


def newly_lost(told: Mapping[str, int], losses: Mapping[Loss, int]) -> tuple[dict[str, int], dict[str, int]]:
    """The counts that are told from now on, and how many more were given up of each depositor's, none left out.

    A count may sink: what was given up while a server had it may have arrived after all, and a store may be new.
    """
    counts = by_depositor(losses)
    return counts, {who: count - told.get(who, 0) for who, count in counts.items() if count > told.get(who, 0)}
