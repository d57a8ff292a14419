"""The network session keys that the host holds, from a file that only the service can read.

```toml
[[device]]                  # LoRaWAN 1.0.x
dev_addr = "26011A07"
dev_eui = "70B3D57ED0000001"
nwk_s_key = "32 hexadecimal digits"

[[device]]                  # LoRaWAN 1.1; s_nwk_s_int_key may be left out
dev_addr = "26011A08"
dev_eui = "70B3D57ED0000002"
f_nwk_s_int_key = "…"
s_nwk_s_int_key = "…"
```

These keys tell a device's frames from forged ones. They do not decipher what an application sends. Nothing here
shows a key: not a message, not a repr; nor anything that may be one in the wrong place.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping

import msgspec

from forwarder.secret_file import SecretFileError, read_secret
from gateway.config.problems import ConfigError, Problem
from gateway.policy.identity.bindings import MOST_PER_DEV_ADDR, Bindings

LARGEST_FILE_BYTES = 32 << 20
DEVICE_KEYS = ("dev_addr", "dev_eui", "f_nwk_s_int_key", "nwk_s_key", "s_nwk_s_int_key")
_WRONG_KEY = "must be 32 hexadecimal digits (the value is not shown)"
_MAY_BE_SECRET = re.compile(r"[0-9A-Fa-f]{16}")
_PLACE = re.compile(r"\(at ([a-z0-9, ]+)\)$")


class SecretKey:
    """Sixteen bytes that no repr and no encoder shows."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def reveal(self) -> bytes:
        """The key, for a cipher."""
        return self._key

    def __repr__(self) -> str:
        return "SecretKey()"


class DeviceKeys(msgspec.Struct, frozen=True):
    """One session's keys: `forwarding` is NwkSKey, or FNwkSIntKey where `is_1_1`; `serving` is SNwkSIntKey."""

    dev_addr: int
    dev_eui: int
    forwarding: SecretKey
    is_1_1: bool = False
    serving: SecretKey | None = None


class Keyring:
    """The keys of a file, by DevAddr. A device that joins has new ones: its old ones are not used any more."""

    def __init__(self, keys: Iterable[DeviceKeys] = ()) -> None:
        self._keys: dict[int, tuple[DeviceKeys, ...]] = {}
        self._dev_addrs: dict[int, int] = {}
        for device in keys:
            self._keys[device.dev_addr] = (*self._keys.get(device.dev_addr, ()), device)
            self._dev_addrs[device.dev_eui] = device.dev_addr

    def __len__(self) -> int:
        """How many devices' keys can be used."""
        return len(self._dev_addrs)

    def at(self, dev_addr: int, bindings: Bindings) -> tuple[DeviceKeys, ...]:
        """The keys of the devices that use a DevAddr; none of a device that is known to use another by now."""
        return tuple(keys for keys in self._keys.get(dev_addr, ()) if not _moved(keys, bindings))

    def joined(self, dev_eui: int) -> bool:
        """Forget a device's keys: it has joined since the file was read. Whether there were any."""
        dev_addr = self._dev_addrs.pop(dev_eui, None)
        if dev_addr is None:
            return False
        self._keys[dev_addr] = tuple(keys for keys in self._keys[dev_addr] if keys.dev_eui != dev_eui)
        return True


def read_keys(source: str, environment: Mapping[str, str] = os.environ) -> tuple[DeviceKeys, ...]:
    """Read a file of keys, a path or "credential:NAME". Raises ConfigError, with every mistake, and nothing else.

    A file that others than its owner can read is refused.
    """
    try:
        content = read_secret(source, environment, most_bytes=LARGEST_FILE_BYTES, group_may_read=False)
    except SecretFileError as error:
        raise ConfigError("the session keys", [Problem("policy.session_keys", None, str(error))]) from error
    return parse_keys(content, source)


def parse_keys(content: bytes, source: str) -> tuple[DeviceKeys, ...]:
    """Read a file's content. Raises ConfigError, with every mistake, and nothing else."""
    table = _toml(content, source)
    problems = [Problem("", None, _unknown(name, ("device",))) for name in table if name != "device"]
    tables = table.get("device", [])
    if not isinstance(tables, list):
        raise ConfigError(source, [*problems, Problem("device", None, "must be one or more tables: [[device]]")])
    read = [_device(item, f"device[{index}]", problems) for index, item in enumerate(tables)]
    _check_together(read, problems)
    if problems:
        raise ConfigError(source, problems)
    return tuple(device for device in read if device is not None)


def _moved(keys: DeviceKeys, bindings: Bindings) -> bool:
    bound = bindings.of(keys.dev_eui)
    return bound is not None and bound.dev_addr != keys.dev_addr


def _toml(content: bytes, source: str) -> Mapping[str, object]:
    """Parse, and say of a failure only where it is: the parser's own words may quote the file."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        reason = "not UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        reason = f"not TOML: look at {place[1]}" if place else "not TOML"
    except (ValueError, RecursionError):
        reason = "not TOML: a number of too many digits, or nested too deep"
    raise ConfigError(source, [Problem("", None, reason)])


def _device(table: object, path: str, problems: list[Problem]) -> DeviceKeys | None:
    if not isinstance(table, Mapping):
        problems.append(Problem(path, None, "must be a table: [[device]]"))
        return None
    known_before = len(problems)
    problems.extend(Problem(path, None, _unknown(name, DEVICE_KEYS)) for name in table if name not in DEVICE_KEYS)
    dev_addr = _number(table, "dev_addr", 8, path, problems)
    dev_eui = _number(table, "dev_eui", 16, path, problems)
    keys = {name: _key(table[name], f"{path}.{name}", problems) for name in DEVICE_KEYS[2:] if name in table}
    _check_version(keys, path, problems)
    forwarding = keys.get("nwk_s_key") or keys.get("f_nwk_s_int_key")
    if len(problems) > known_before or dev_addr is None or dev_eui is None or forwarding is None:
        return None
    return DeviceKeys(dev_addr, dev_eui, forwarding, "nwk_s_key" not in keys, keys.get("s_nwk_s_int_key"))


def _check_version(keys: Mapping[str, object], path: str, problems: list[Problem]) -> None:
    given = set(keys)
    if not given & {"nwk_s_key", "f_nwk_s_int_key"}:
        allowed = "missing; give nwk_s_key (LoRaWAN 1.0.x) or f_nwk_s_int_key (LoRaWAN 1.1)"
        problems.append(Problem(path, None, allowed))
    elif "nwk_s_key" in given and len(given) > 1:
        allowed = "must have nwk_s_key (LoRaWAN 1.0.x) or f_nwk_s_int_key and s_nwk_s_int_key (LoRaWAN 1.1), not both"
        problems.append(Problem(path, None, allowed))


def _number(table: Mapping[str, object], name: str, digits: int, path: str, problems: list[Problem]) -> int | None:
    if name not in table:
        problems.append(Problem(f"{path}.{name}", None, f"missing; give {digits} hexadecimal digits"))
        return None
    value = table[name]
    if isinstance(value, str) and re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", value):
        return int(value, 16)
    # Not shown: a key may stand here by mistake.
    problems.append(Problem(f"{path}.{name}", None, f"must be text of {digits} hexadecimal digits"))
    return None


def _key(value: object, path: str, problems: list[Problem]) -> SecretKey | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f]{32}", value):
        return SecretKey(bytes.fromhex(value))
    problems.append(Problem(path, None, _WRONG_KEY))
    return None


def _unknown(name: str, known: Iterable[str]) -> str:
    written = "a key that is not shown" if len(name) > 32 or _MAY_BE_SECRET.search(name) else f'"{name}"'
    return f"unknown key: {written}; the keys here are {', '.join(known)}"


def _check_together(read: Iterable[DeviceKeys | None], problems: list[Problem]) -> None:
    places: dict[int, str] = {}
    shared: dict[int, int] = {}
    for index, device in enumerate(read):
        if device is None:
            continue
        path = f"device[{index}]"
        if (first := places.setdefault(device.dev_eui, path)) != path:
            allowed = f"must differ: {first} is this device"
            problems.append(Problem(f"{path}.dev_eui", f'"{device.dev_eui:016X}"', allowed))
        shared[device.dev_addr] = shared.get(device.dev_addr, 0) + 1
        if shared[device.dev_addr] == MOST_PER_DEV_ADDR + 1:
            allowed = f"must be shared by {MOST_PER_DEV_ADDR} devices at most"
            problems.append(Problem(f"{path}.dev_addr", f'"{device.dev_addr:08X}"', allowed))
