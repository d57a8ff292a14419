"""What can stand for a machine in the configuration: a name, or an address alone."""

import ipaddress
import re

HOST_NAME = re.compile(r"[A-Za-z0-9_.-]{1,253}")
# Linux: IFNAMSIZ is 16 with the final zero.
INTERFACE = re.compile(r"[A-Za-z0-9_.-]{1,15}")


def is_host(text: str) -> bool:
    """Whether this is a host name, an IPv4 address, or an IPv6 address with or without its interface."""
    if ":" not in text:
        return HOST_NAME.fullmatch(text) is not None
    address, percent, interface = text.partition("%")
    if percent and not INTERFACE.fullmatch(interface):
        return False
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True
