"""A process that follows a large policy and decides on packets: what that takes in time and memory."""

import gc
import json
import struct
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from bench.policy_document import FIRST_DEV_EUI, dev_addr, policy_text
from gateway.log import configure_logging
from gateway.policy.accounts.ledger_keeping import open_ledger
from gateway.policy.admission import Admission
from gateway.policy.identity.bindings import Bindings
from gateway.policy.moment import Moment
from gateway.policy.rules import Rules
from gateway.policy.source.keeper import Accepted, Kept, Offer, consider, in_force
from gateway.policy.source.signature import HostKey, SigningKey, signature_text
from radio.duty_cycle_store import read_boot_id
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket

DEPOSITORS, GROUPS, DEVICES = 100, 10, 100
NOON_UNIX_S = 1_800_000_000
# Of a group's devices so many are bound to their DevAddr, as those of a network server that tells of them.
BOUND_DEVICES = DEVICES // 2
PACKETS_PER_WRITE = 4
MEGABYTE = 1_000_000


def main() -> None:
    """Measure and print, as JSON; the argument says how many packets are decided on."""
    decisions = int(sys.argv[1])
    configure_logging("warning", "text")
    key = SigningKey.generate()
    text = policy_text(DEPOSITORS, GROUPS, DEVICES).encode()
    offer = Offer("bench", text, signature_text(key.sign(text)))
    follow(_small_offer(key), key.public)
    gc.collect()
    before_mb, began_s = _rss_mb(), time.perf_counter()
    rules = follow(offer, key.public)
    load_s = time.perf_counter() - began_s
    gc.collect()
    memory_mb = _rss_mb() - before_mb
    taken_us, writes_us = _decide(rules, decisions)
    print(json.dumps({"load_s": load_s, "memory_mb": memory_mb, "decisions_us": taken_us, "writes_us": writes_us}))


def follow(offer: Offer, key: HostKey) -> Rules:
    """Verify a policy, read it and make it ready, as the daemon does."""
    kept, decision = consider(Kept(), offer, (key,), NOON_UNIX_S)
    held = in_force(kept, NOON_UNIX_S)
    if not isinstance(decision, Accepted) or held is None:
        raise SystemExit(f"the policy was not accepted: {decision}")
    return Rules(held.policy)


def _small_offer(key: SigningKey) -> Offer:
    """What a gateway has anyway: all is loaded that a policy needs, however small."""
    text = policy_text(1, 1, 1).encode()
    return Offer("bench", text, signature_text(key.sign(text)))


def _decide(rules: Rules, decisions: int) -> tuple[list[float], list[float]]:
    """How long each decision took, and each write of the charges of a few packets, in µs."""
    chance = Random(1)
    bindings = Bindings()
    for group in range(DEPOSITORS * GROUPS):
        for device in range(BOUND_DEVICES):
            bindings.joined(FIRST_DEV_EUI + group * DEVICES + device, dev_addr(group, device), 0)
    taken_us: list[float] = []
    writes_us: list[float] = []
    with tempfile.TemporaryDirectory(prefix="candelabre-bench-") as directory:
        opened = open_ledger(Path(directory) / "accounts", read_boot_id())
        admission = Admission(opened.ledger, bindings, open_without=False)
        admission.rules = rules
        gc.freeze()
        for number in range(decisions):
            # A packet every 0.1 s: 2 % of the devices do half of the sending, so that some are refused.
            group = chance.randrange(20 if number % 2 else DEPOSITORS * GROUPS)
            packet = packet_of(dev_addr(group, chance.randrange(DEVICES)), number)
            moment = Moment(number * 100, NOON_UNIX_S)
            began_s = time.perf_counter()
            admission.judge(packet, moment)
            taken_us.append((time.perf_counter() - began_s) * 1e6)
            if number % PACKETS_PER_WRITE == 0:
                began_s = time.perf_counter()
                opened.ledger.write(moment.now_ms)
                writes_us.append((time.perf_counter() - began_s) * 1e6)
        opened.ledger.close(decisions * 100)
    return taken_us, writes_us


def packet_of(address: int, fcnt: int) -> RxPacket:
    """A data frame of a device, heard at SF9."""
    payload = struct.pack("<BIBHB", 0x40, address, 0, fcnt & 0xFFFF, 1) + bytes(16)
    return RxPacket(
        payload=payload,
        freq_hz=868_100_000,
        freq_offset_hz=0,
        modulation=Modulation.LORA,
        bandwidth_hz=125_000,
        spreading_factor=9,
        bitrate_bps=0,
        coding_rate=CodingRate.CR_4_5,
        crc_status=CrcStatus.OK,
        payload_crc=0,
        channel=0,
        rf_chain=0,
        modem_id=0,
        rssi_channel_dbm=-100.0,
        rssi_signal_dbm=-100.0,
        snr_db=5.0,
        counter_us=fcnt,
    )


def _rss_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    raise SystemExit("no VmRSS in /proc/self/status")


if __name__ == "__main__":
    main()
