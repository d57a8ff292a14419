"""A group of the document → its identities as integers, with every mistake noted."""

from collections.abc import Iterator, Sequence

from gateway.config.addresses import integers, read_blocks, read_net_ids, read_ranges
from gateway.config.reader import Reader
from gateway.policy.allowance import Allowance
from gateway.policy.document import DeviceTable, Group, GroupTable, Period
from gateway.policy.text.dates import Calendar
from gateway.policy.text.net_id import EXACT
from gateway.policy.text.period_reading import read_consent


def read_group(table: GroupTable, path: str, right: Period, calendar: Calendar, reader: Reader) -> Group:
    """One group."""
    blocks = read_blocks(table.dev_addrs, f"{path}.dev_addrs", reader)
    devices = list(_devices(table.device, f"{path}.device", reader))
    return Group(
        id=table.id,
        name=table.name,
        dev_euis=integers(table.dev_euis),
        dev_eui_ranges=read_ranges(table.dev_eui_ranges, f"{path}.dev_eui_ranges", reader),
        join_euis=integers(table.join_euis),
        dev_addrs=tuple(first for first, length in blocks if length == EXACT),
        dev_addr_blocks=tuple(block for block in blocks if block[1] != EXACT),
        net_ids=read_net_ids(table.net_ids, f"{path}.net_ids", reader),
        allowance=read_allowance(table.allowance, f"{path}.allowance", reader),
        device_allowance=read_allowance(table.device_allowance, f"{path}.device_allowance", reader),
        exceptions=tuple((int(device.dev_eui, 16), device.allowance) for device in devices if device.dev_eui),
        dev_addr_exceptions=tuple(
            (int(device.dev_addr, 16), device.allowance) for device in devices if device.dev_addr
        ),
        consent=read_consent(table.consent, f"{path}.consent", right, calendar, reader),
    )


def read_allowance(allowance: Allowance, path: str, reader: Reader) -> Allowance:
    """The allowance itself."""
    factor, rate = f"{path}.bucket_size_factor", f"{path}.reload_per_hour"
    if factor in reader.written and rate not in reader.written and not reader.failed_at(factor):
        reader.refuse(
            factor, allowance.bucket_size_factor, "must be left out, or reload_per_hour given: it multiplies that"
        )
    return allowance


def _devices(tables: Sequence[DeviceTable | None], path: str, reader: Reader) -> Iterator[DeviceTable]:
    """The exceptions that name one device each, and no device twice."""
    seen: dict[int, int] = {}
    for index, table in enumerate(tables):
        key = f"{path}[{index}]"
        if table is None or reader.failed_at(f"{key}.dev_eui", f"{key}.dev_addr"):
            continue
        name, text = ("dev_eui", table.dev_eui) if table.dev_eui else ("dev_addr", table.dev_addr)
        if text is None:
            reader.require(f"{key}.dev_eui", "the device's DevEUI, or its dev_addr in its place")
            continue
        if table.dev_eui and table.dev_addr:
            reader.refuse(f"{key}.dev_addr", table.dev_addr, "must be left out: dev_eui names the device already")
            continue
        identity = int(text, 16) if table.dev_eui else ~int(text, 16)
        if (first := seen.setdefault(identity, index)) != index:
            reader.refuse(f"{key}.{name}", text, f"must differ: {path}[{first}] is for this device already")
        read_allowance(table.allowance, f"{key}.allowance", reader)
        yield table
