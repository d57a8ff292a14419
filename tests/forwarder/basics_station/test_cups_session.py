"""A contact from beginning to end: what the server hears, what changes, which programs run, and which never do."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_der import Identity
from forwarder.basics_station.cups_hook import DIRECTORY, FILE
from forwarder.basics_station.cups_session import Contact, CupsSession
from forwarder.basics_station.cups_standing import FIRST_FAILURES, Kind
from forwarder.basics_station.server_messages import StationVersion
from forwarder.semtech_udp.address import HostResolver
from tests.forwarder.basics_station.cups_server import (
    NOTHING,
    CupsServer,
    Script,
    answer,
    identity_of,
    raw,
    says,
    server_tls,
)
from tests.gateway.broker.certificates import Authority

SIGNER = ec.generate_private_key(ec.SECP256R1())
POINT = SIGNER.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
UPDATE = b"#!/bin/sh\ntouch ran-by-itself\n"
SIGNED = answer(update=UPDATE, signature=SIGNER.sign(UPDATE, ec.ECDSA(SHA512())))
# What the hook was given: its arguments, the modes of file and directory, who may execute it, and the content.
HOOK = """
import json, os, sys
path = sys.argv[-1]
told = {"arguments": sys.argv[1:], "file": os.stat(path).st_mode & 0o7777, "content": open(path).read(),
        "directory": os.stat(os.path.dirname(path)).st_mode & 0o7777}
with open(sys.argv[1], "a") as out:
    print(json.dumps(told), file=out)
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Scene:
    """A gateway before a server, with a hook that writes down what it was given."""

    def __init__(self, directory: Path, authority: Authority) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.authority = authority
        self.told = directory / "told"
        self.key = directory / "sig-0.key"
        self.key.write_bytes(POINT)

    def hook(self, status: int = 0) -> tuple[str, ...]:
        return (sys.executable, "-c", HOOK, str(self.told), str(status))

    def session(self, server: CupsServer, **cups: Any) -> CupsSession:
        cups.setdefault("uri", server.uri)
        return CupsSession(
            BasicsStationConfig("lns", "wss://configured:1"),
            CupsConfig(ca_file=str(self.authority.file), timeout_s=20, **cups),
            0x0016_C001_FF10_A235,
            version=StationVersion(),
            directory=self.state,
            resolve=HostResolver(),
        )

    def contacts(self, *scripts: Script, times: int = 1, **cups: Any) -> list[Contact]:
        """So many contacts with a server that answers in these ways."""

        async def story() -> list[Contact]:
            async with CupsServer(*scripts).serving(server_tls(self.authority)) as server, asyncio.timeout(60):
                session = self.session(server, **cups)
                return [await session.contact() for _ in range(times)]

        return asyncio.run(story())

    def with_hook(self, status: int = 0, **cups: Any) -> dict[str, Any]:
        return {"hook": self.hook(status), "signature_key_files": (str(self.key),), **cups}

    @property
    def runs(self) -> int:
        return len(self.told.read_text().splitlines()) if self.told.exists() else 0


@pytest.fixture
def scene(tmp_path: Path, authority: Authority) -> Scene:
    return Scene(tmp_path, authority)


def run(scene: Scene, story: Callable[[CupsServer, CupsSession], Any], *scripts: Script, **cups: Any) -> Any:
    async def whole() -> Any:
        async with CupsServer(*scripts).serving(server_tls(scene.authority)) as server, asyncio.timeout(60):
            return await story(server, scene.session(server, **cups))

    return asyncio.run(whole())


def test_nothing_to_do(scene: Scene) -> None:
    assert scene.contacts(says(NOTHING)) == [Contact()]


def test_an_lns_and_who_we_are_for_it(scene: Scene) -> None:
    identity = identity_of(scene.authority, "gateway")

    async def story(server: CupsServer, session: CupsSession) -> None:
        contact = await session.contact()
        assert contact == Contact(changed=frozenset([Kind.LNS]))
        lns = await session.lns()
        assert lns is not None
        assert lns.uri == "wss://new:2"
        await session.contact()
        first, second = server.questions
        assert first["tcUri"] == "wss://configured:1"
        assert second["tcUri"] == "wss://new:2"
        assert second["tcCredCrc"] != first["tcCredCrc"]

    run(scene, story, says(answer(lns_uri="wss://new:2", lns_identity=identity)), says(NOTHING))


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (says(answer(lns_uri="wss://new:2")[:-1]), "the answer cannot be used: the length of update ends early"),
        (says(answer(lns_uri="wss://new:2") + b"\0"), "the answer cannot be used: 1 bytes follow"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + answer(lns_uri="wss://new:2")),
            "the answer ends early",
        ),
        (says(answer(lns_uri="wss://new:2"), "500 Oops"), "HTTP status 500"),
        (says(answer(lns_uri="wss://new:2", cups_uri="gopher://x")), "what it offers cannot be used"),
        (says(answer(lns_uri="wss://new:2", lns_identity=Identity(b"\x30\x00"))), "what it offers cannot be used"),
    ],
)
def test_an_answer_that_cannot_be_used_changes_nothing(scene: Scene, script: Script, failure: str) -> None:
    async def story(_server: CupsServer, session: CupsSession) -> None:
        contact = await session.contact()
        assert contact.failure.startswith(failure)
        assert contact.changed == frozenset()
        lns = await session.lns()
        assert lns is not None
        assert lns.uri == "wss://configured:1"

    run(scene, story, script)


def test_cups_credentials_that_do_not_work_are_rolled_back(scene: Scene, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stranger = identity_of(Authority(elsewhere, "stranger"))

    async def story(server: CupsServer, session: CupsSession) -> None:
        assert (await session.contact()).changed == {Kind.CUPS}
        for _ in range(FIRST_FAILURES):
            assert "certificate verify failed" in (await session.contact()).failure
        assert len(server.questions) == 1
        contact = await session.contact()
        assert contact.failure == ""
        assert "did not work" in contact.remarks[0]
        again = await session.contact()
        assert again.changed == frozenset()
        assert "left alone" in again.remarks[0]
        assert server.questions[-1]["cupsCredCrc"] == server.questions[0]["cupsCredCrc"]

    offer = says(answer(cups_identity=stranger))
    run(scene, story, offer, says(NOTHING), offer)


class TestUpdates:
    """A hook is run if there is one, on what was signed, and on nothing else."""

    def test_that_were_signed_are_handed_to_the_hook(self, scene: Scene) -> None:
        (contact,) = scene.contacts(says(SIGNED), **scene.with_hook())
        assert contact.failure == ""
        assert "the hook has taken the update" in contact.remarks[0]
        path = scene.state / DIRECTORY / FILE
        told = json.loads(scene.told.read_text())
        assert told == {
            "arguments": [str(scene.told), "0", str(path)],
            "file": 0o600,
            "directory": 0o700,
            "content": UPDATE.decode(),
        }
        assert not path.exists()
        assert not (Path.cwd() / "ran-by-itself").exists()

    def test_are_left_alone_without_a_hook(self, scene: Scene) -> None:
        (contact,) = scene.contacts(says(SIGNED))
        assert contact.remarks == ("update left alone: no hook is configured for it",)
        assert not (scene.state / DIRECTORY).exists()

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (answer(update=UPDATE), "it has no signature"),
            (answer(update=UPDATE, signature=b"garbage"), "no key of signature_key_files made its signature"),
            (answer(update=UPDATE + b"#", signature=SIGNER.sign(UPDATE, ec.ECDSA(SHA512()))), "no key"),
        ],
    )
    def test_that_nobody_signed_are_left_alone(self, scene: Scene, body: bytes, reason: str) -> None:
        (contact,) = scene.contacts(says(body), **scene.with_hook())
        assert reason in contact.remarks[0]
        assert scene.runs == 0
        assert not (scene.state / DIRECTORY).exists()

    def test_are_left_alone_where_no_key_can_be_read(self, scene: Scene) -> None:
        scene.key.write_bytes(b"no key")
        (contact,) = scene.contacts(says(SIGNED), **scene.with_hook())
        assert [str(scene.key) in contact.remarks[0], "update left alone" in contact.remarks[1]] == [True, True]
        assert scene.runs == 0

    def test_are_handed_over_once(self, scene: Scene) -> None:
        scene.contacts(says(SIGNED), times=2, **scene.with_hook())
        scene.contacts(says(SIGNED), **scene.with_hook())
        assert scene.runs == 1

    def test_are_handed_over_again_if_the_hook_did_not_take_them(self, scene: Scene) -> None:
        contacts = scene.contacts(says(SIGNED), times=2, **scene.with_hook(3))
        assert all("exit status 3" in contact.remarks[0] for contact in contacts)
        assert scene.runs == 2
        assert not (scene.state / DIRECTORY / FILE).exists()

    def test_are_taken_from_a_hook_that_does_not_end(self, scene: Scene) -> None:
        pid_file = scene.directory / "pid"
        sleeping = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
        hook = (sys.executable, "-c", sleeping)
        keys = (str(scene.key),)
        (contact,) = scene.contacts(says(SIGNED), hook=hook, signature_key_files=keys, hook_timeout_s=2)
        assert "killed after 2 s" in contact.remarks[0]
        assert not (scene.state / DIRECTORY / FILE).exists()
        if pid_file.exists():
            with pytest.raises(ProcessLookupError):
                os.kill(int(pid_file.read_text()), 0)

    def test_do_not_undo_what_came_with_them(self, scene: Scene) -> None:
        body = answer(lns_uri="wss://new:2", update=UPDATE, signature=b"garbage")
        (contact,) = scene.contacts(says(body), **scene.with_hook())
        assert contact.changed == {Kind.LNS}

    def test_that_a_killed_program_has_left_are_removed_and_not_run(self, scene: Scene) -> None:
        left = scene.state / DIRECTORY / FILE
        left.parent.mkdir(parents=True)
        left.write_bytes(UPDATE)
        scene.contacts(says(NOTHING), **scene.with_hook())
        assert not left.exists()
        assert scene.runs == 0

    def test_a_link_in_its_place_is_not_followed(self, scene: Scene) -> None:
        victim = scene.directory / "victim"
        victim.write_text("untouched")
        (scene.state / DIRECTORY).mkdir(parents=True)
        (scene.state / DIRECTORY / FILE).symlink_to(victim)
        scene.contacts(says(SIGNED), **scene.with_hook())
        assert victim.read_text() == "untouched"
        assert scene.runs == 1

    def test_the_server_is_told_which_keys_there_are(self, scene: Scene) -> None:
        async def story(server: CupsServer, session: CupsSession) -> None:
            await session.contact()
            assert len(server.questions[0]["keys"]) == 1

        run(scene, story, says(NOTHING), **scene.with_hook())


def test_no_secret_is_told(scene: Scene) -> None:
    token = b"Authorization: Bearer NNSXS.very-secret"
    identity = identity_of(scene.authority, token=token)
    broken = identity_of(scene.authority, token=b"very-secret")
    contacts = scene.contacts(says(answer(lns_identity=identity)), says(answer(cups_identity=broken)), times=2)
    assert contacts[1].failure
    assert "very-secret" not in str(contacts)
