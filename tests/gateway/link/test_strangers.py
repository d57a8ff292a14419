"""What finds another depositor's identities in a document finds each kind of them, and nothing that is one's own."""

import base64

import msgspec
import pytest

from gateway.policy.allowance import UNLIMITED
from gateway.policy.document import Group
from tests.gateway.link.strangers import assert_nothing_of, id_of, identifiers_of, strangers_to
from tests.gateway.policy.frames import ALWAYS, CITY, CITY_SIDE, data_frame, join_request, policy

OTHER, GROUP, SHARED = id_of("other"), id_of("lamps"), id_of("shared")
LAMPS = Group(
    GROUP,
    "Lamps",
    dev_euis=(0xA1,),
    dev_eui_ranges=((0xB0, 0xBF),),
    exceptions=((0xC1, UNLIMITED),),
    dev_addrs=(0x27000001,),
    dev_addr_blocks=((0x26011C00, 24),),
    dev_addr_exceptions=((0x27000002, UNLIMITED),),
    net_ids=(0x000013,),
)
CITY_TOO = msgspec.structs.replace(CITY_SIDE, groups=(*CITY_SIDE.groups, Group(SHARED, "Shared")))
OTHER_SIDE = msgspec.structs.replace(CITY_SIDE, id=OTHER, groups=(LAMPS, Group(SHARED, "Shared")), right=ALWAYS)
POLICY = policy(CITY_TOO, OTHER_SIDE)


def payload(frame: bytes) -> bytes:
    return msgspec.json.encode({"phy_payload": base64.b64encode(frame).decode()})


THEIRS = {
    "the depositor's id": f'{{"depositor": "{OTHER}"}}'.encode(),
    "the id in a topic": f"candelabre/00/depositor/{OTHER}/link".encode(),
    "a group's id": f'{{"devices": [{{"group": "{GROUP}"}}]}}'.encode(),
    "a DevEUI": b'["00000000000000A1"]',
    "a DevEUI in lower case": b'["00000000000000a1"]',
    "a DevEUI of a range": b'["00000000000000B7"]',
    "a DevEUI with an allowance of its own": b'["00000000000000C1"]',
    "a DevEUI in a sentence": b'{"fr": "Appareil 00000000000000A1, perdu."}',
    "a DevEUI as a key": b'{"E00000000000000A1": 1}',
    "a DevEUI in plain text": b"device: 00000000000000A1.",
    "a DevAddr": b'["27000001"]',
    "a DevAddr of a block": b'["26011C7F"]',
    "a DevAddr with an allowance of its own": b'["27000002"]',
    "a DevAddr of a NetID": b'["26FFFFFF"]',
    "a DevAddr as a key": b'{"A27000001": 1}',
    "a data frame": payload(data_frame(0x27000001, 1)),
    "a join request": payload(join_request(0xA1)),
}


@pytest.mark.parametrize("document", THEIRS.values(), ids=THEIRS)
def test_what_is_anothers_is_found(document: bytes) -> None:
    with pytest.raises(AssertionError):
        assert_nothing_of(strangers_to(POLICY, CITY), document)
    assert_nothing_of(strangers_to(POLICY, OTHER), document)


def test_a_dev_addr_that_the_server_gave_a_device_is_its_depositors() -> None:
    document = b'["FC000001"]'
    assert_nothing_of(strangers_to(POLICY, CITY), document)
    with pytest.raises(AssertionError):
        assert_nothing_of(strangers_to(POLICY, CITY, {OTHER: [0xFC000001]}), document)


@pytest.mark.parametrize(
    "document",
    [
        f'{{"group": "{SHARED}"}}'.encode(),
        b'{"counter_us": 27000001}',
        b'{"digest": "00000000000000a100000000000000a1"}',
        payload(data_frame(0x01020304, 1, bytes.fromhex("A100000000000000"))),
    ],
    ids=["an id that both have", "a number", "digits within others", "what an application sends"],
)
def test_what_tells_nothing_of_anybody_is_not_taken_for_anothers(document: bytes) -> None:
    assert_nothing_of(strangers_to(POLICY, CITY), document)


def test_a_depositor_of_no_policy_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        identifiers_of(POLICY, "nobody")
