"""A host that signs policies into a directory, for a gateway to follow."""

import datetime
from pathlib import Path

from gateway.policy.source.policy_file import signature_path_of
from gateway.policy.source.signature import SigningKey, signature_text

HEAD = """
candelabre_policy = 1
serial = {serial}
valid_from = {valid_from}
valid_until = {valid_until}
[convention]
identity = "2026-1"
host = "Host"
begins = {valid_from}
ends = {valid_until}
[unknown]
action = "{unknown}"
"""
DEPOSITOR = """
[[depositor]]
id = "{id}"
name = "{id}"
mode = "enforce"
{more}
[[depositor.group]]
id = "meters"
name = "Meters"
dev_euis = [{dev_euis}]
dev_addrs = ["{block}"]
[depositor.group.device_allowance]
{device_allowance}
"""


class Host:
    """Signs documents; its files lie in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = SigningKey.generate()
        self.key_path = directory / "host.pub.pem"
        self.policy_path = directory / "policy.toml"
        self.key_path.write_bytes(self.key.public.as_pem())
        self.serial = 0

    def section(self, more: str = "", when_none_valid: str = "refuse") -> str:
        """What gateway.toml says of it."""
        return f"""
        [policy]
        when_none_valid = "{when_none_valid}"
        host_keys = ["{self.key_path}"]
        file = "{self.policy_path}"
        {more}
        """

    def document(self, *depositors: str, unknown: str = "refuse", days: int = 30) -> bytes:
        """A document with the next serial, valid from yesterday on for some days."""
        self.serial += 1
        today = datetime.datetime.now(tz=datetime.UTC).date()
        valid_from, valid_until = today - datetime.timedelta(1), today + datetime.timedelta(days)
        head = HEAD.format(serial=self.serial, valid_from=valid_from, valid_until=valid_until, unknown=unknown)
        return (head + "".join(depositors)).encode()

    def publish(self, document: bytes) -> None:
        """Sign a document, and put both in their places: the signature last."""
        self.policy_path.write_bytes(document)
        signature_path_of(self.policy_path).write_bytes(signature_text(self.key.sign(document)))


def depositor(id_: str, block: str, *dev_euis: int, device_allowance: str = "", more: str = "") -> str:
    """A depositor's tables: one group of devices, by DevEUI and by a block of DevAddrs."""
    euis = ", ".join(f'"{dev_eui:016X}"' for dev_eui in dev_euis)
    return DEPOSITOR.format(id=id_, block=block, dev_euis=euis, device_allowance=device_allowance, more=more)
