"""site.toml's bytes → Site, every mistake reported at once by its path."""

from collections.abc import Mapping

from gateway.commission.site import Site, SurveyedDeviceTable
from gateway.config.problems import ConfigError, Problem
from gateway.config.reader import Reader
from gateway.config.toml import parse_toml

LARGEST_SITE_BYTES = 1 << 20


def read_site(data: bytes, source: str = "site.toml") -> Site:
    """Read a file's content. Raises ConfigError, with every mistake, and nothing else."""
    return site_of(site_tables(data, source), source)


def site_tables(data: bytes, source: str = "site.toml") -> Mapping[str, object]:
    """The tables as they are written. Raises ConfigError where they are none."""
    if len(data) > LARGEST_SITE_BYTES:
        too_large = f"{len(data)} bytes are too many for a site: {LARGEST_SITE_BYTES} at most"
        raise ConfigError(source, [Problem("", None, too_large)])
    return parse_toml(data, source)


def site_of(tables: Mapping[str, object], source: str) -> Site:
    """What the tables come to. Raises ConfigError, with every mistake."""
    reader = Reader()
    site = reader.table(tables, Site, "")
    for index, device in enumerate(site.test_device if site else ()):
        path = f"test_device[{index}]"
        # It is not there at all where it could not be read.
        if not reader.failed_under(path):
            _check_device(device, path, reader)
    if site is None or reader.problems:
        raise ConfigError(source, reader.problems)
    return site


def _check_device(device: SurveyedDeviceTable, path: str, reader: Reader) -> None:
    if device.dev_eui and device.dev_addr:
        reader.refuse(f"{path}.dev_addr", device.dev_addr, "must be left out: dev_eui names the device already")
    elif not (device.dev_eui or device.dev_addr):
        reader.require(f"{path}.dev_eui", "the device's DevEUI, or its dev_addr in its place")
