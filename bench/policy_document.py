"""A policy of a region's size, as the text that a host would sign."""

from collections.abc import Iterator

FIRST_DEV_EUI = 0x70B3_D57E_D000_0000
# A block of 1,024 DevAddrs for each group.
FIRST_DEV_ADDR, BLOCK_BITS = 0x2600_0000, 22


def policy_text(depositors: int, groups: int, devices: int) -> str:
    """So many groups in each depositor, so many devices in each group, with limits at all three levels."""
    return "\n".join(_lines(depositors, groups, devices))


def dev_addr(group: int, device: int) -> int:
    """A device's DevAddr, in the block of its group; groups are counted through all depositors."""
    return FIRST_DEV_ADDR + (group << (32 - BLOCK_BITS)) + device


def _lines(depositors: int, groups: int, devices: int) -> Iterator[str]:
    yield from (
        "candelabre_policy = 1",
        "serial = 1",
        "valid_from = 2026-01-01",
        "valid_until = 2028-12-31",
        "[convention]",
        'identity = "2026-1"',
        'host = "Host"',
        "begins = 2026-01-01",
        "ends = 2028-12-31",
        "[unknown]",
        'action = "refuse"',
    )
    for depositor in range(depositors):
        yield from ("[[depositor]]", f'id = "depositor-{depositor}"', f'name = "Depositor {depositor}"')
        yield from ('mode = "enforce"', "[depositor.allowance]", "daily_airtime_s = 36000.0")
        for number in range(groups):
            yield from _group(depositor * groups + number, devices)


def _group(group: int, devices: int) -> Iterator[str]:
    first = FIRST_DEV_EUI + group * devices
    euis = ", ".join(f'"{first + device:016X}"' for device in range(devices))
    yield from ("[[depositor.group]]", f'id = "group-{group}"', f'name = "Group {group}"', f"dev_euis = [{euis}]")
    yield f'dev_addrs = ["{dev_addr(group, 0):08X}/{BLOCK_BITS}"]'
    yield from ("[depositor.group.allowance]", "daily_uplinks = 50000")
    yield from ("[depositor.group.device_allowance]", "reload_per_hour = 6", "bucket_size_factor = 2")
    yield from ("min_interval_s = 30", "daily_uplinks = 96", "daily_bytes = 5000", "daily_airtime_s = 120.0")
