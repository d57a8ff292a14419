"""What a server changed, on disk and in force: whole or not at all, tried, then kept or taken back."""

import ssl
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import read_credentials
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_der import Identity
from forwarder.basics_station.cups_messages import CupsAnswer, credentials_checksum
from forwarder.basics_station.cups_sets import OfferError, ServerSets, connection_config
from forwarder.basics_station.cups_standing import CONFIGURED, FIRST_FAILURES, MOST_FAILURES, Kind
from forwarder.basics_station.cups_store import BOOK
from tests.forwarder.basics_station.cups_server import identity_of, mode_of, secret
from tests.gateway.broker.certificates import Authority

CONFIG = BasicsStationConfig("lns", "wss://configured:1", ca_file="/ca", token_file="/token")
CUPS = CupsConfig("https://cups:443")
TOKEN = b"Authorization: Bearer NNSXS.secret\r\n"


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity_of(Authority(tmp_path_factory.mktemp("ca")), "gateway")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity_of(Authority(tmp_path_factory.mktemp("other")), "gateway")


def sets(directory: Path, config: BasicsStationConfig = CONFIG, cups: CupsConfig = CUPS) -> ServerSets:
    return ServerSets(config, cups, directory / "cups")


def take(server: ServerSets, **changes: Any) -> frozenset[Kind]:
    return server.take(CupsAnswer(**changes), secure=True)


def uri(server: ServerSets, kind: Kind = Kind.LNS) -> str:
    chosen = server.in_use(kind)
    return "" if chosen is None else chosen.uri


def name(server: ServerSets, kind: Kind = Kind.LNS) -> str:
    chosen = server.in_use(kind)
    assert chosen is not None
    return chosen.name


def fail(server: ServerSets, times: int) -> None:
    for _ in range(times):
        server.failed(Kind.LNS, name(server))


def names_on_disk(directory: Path) -> list[str]:
    return sorted(path.name for path in (directory / "cups").iterdir())


def test_before_anything_came_the_configured_ones_serve(tmp_path: Path) -> None:
    server = sets(tmp_path)
    assert (uri(server), uri(server, Kind.CUPS)) == ("wss://configured:1", "https://cups:443")
    assert name(server) == CONFIGURED


def test_where_no_lns_is_configured_there_is_none_before_one_came(tmp_path: Path, identity: Identity) -> None:
    server = sets(tmp_path, BasicsStationConfig("lns", ""))
    assert server.in_use(Kind.LNS) is None
    assert take(server, lns_identity=identity) == {Kind.LNS}
    assert server.in_use(Kind.LNS) is None
    assert take(server, lns_uri="wss://new:2") == {Kind.LNS}
    assert uri(server) == "wss://new:2"
    assert server.held(Kind.LNS).checksum == credentials_checksum(identity.trust, identity.certificate, identity.key)


def test_a_set_from_the_server_makes_a_connection(tmp_path: Path, identity: Identity) -> None:
    server = sets(tmp_path)
    take(server, lns_uri="wss://new:2", lns_identity=identity)
    chosen = server.in_use(Kind.LNS)
    assert chosen is not None
    config = connection_config(CONFIG, chosen)
    credentials = read_credentials(config, secure=True)
    assert config.uri == "wss://new:2"
    assert credentials.tls is not None
    assert credentials.tls.verify_mode is ssl.CERT_REQUIRED
    assert credentials.tls.check_hostname
    assert credentials.tls.get_ca_certs(binary_form=True) == [identity.trust]
    assert credentials.headers == ()


def test_a_token_from_the_server_is_a_header(tmp_path: Path, identity: Identity) -> None:
    server = sets(tmp_path)
    take(server, lns_identity=Identity(identity.trust, token=TOKEN))
    chosen = server.in_use(Kind.LNS)
    assert chosen is not None
    credentials = read_credentials(connection_config(CONFIG, chosen), secure=True)
    assert credentials.headers == (("Authorization", "Bearer NNSXS.secret"),)
    assert server.held(Kind.LNS).checksum == credentials_checksum(identity.trust, b"", TOKEN)


def test_an_address_alone_keeps_the_configured_files_where_they_are(tmp_path: Path) -> None:
    server = sets(tmp_path)
    take(server, lns_uri="wss://new:2")
    chosen = server.in_use(Kind.LNS)
    assert chosen is not None
    config = connection_config(CONFIG, chosen)
    assert (config.uri, config.ca_file, config.token_file) == ("wss://new:2", "/ca", "/token")


def test_what_came_is_there_after_a_restart_still_on_trial(tmp_path: Path, identity: Identity) -> None:
    first = sets(tmp_path)
    take(first, lns_uri="wss://new:2", lns_identity=identity, cups_uri="https://new:3")
    again = sets(tmp_path)
    assert (uri(again), uri(again, Kind.CUPS)) == ("wss://new:2", "https://new:3")
    assert name(again) == name(first)
    fail(again, FIRST_FAILURES)
    assert name(again) == CONFIGURED


def test_all_of_it_is_for_its_owner_alone(tmp_path: Path, identity: Identity) -> None:
    take(sets(tmp_path), lns_identity=identity, cups_identity=Identity(identity.trust, token=TOKEN))
    kept = [tmp_path / "cups", *(tmp_path / "cups").rglob("*")]
    assert {mode_of(path) for path in kept if path.is_dir()} == {0o700}
    assert {mode_of(path) for path in kept if path.is_file()} == {0o600}


class TestTrial:
    """A new set, and the one that worked before it."""

    @pytest.fixture
    def server(self, tmp_path: Path, identity: Identity, other: Identity) -> ServerSets:
        server = sets(tmp_path)
        take(server, lns_uri="wss://good:2", lns_identity=identity)
        server.worked(Kind.LNS, name(server))
        take(server, lns_uri="wss://new:3", lns_identity=other)
        return server

    def test_works_and_the_older_is_forgotten(self, server: ServerSets, tmp_path: Path) -> None:
        server.worked(Kind.LNS, name(server))
        assert names_on_disk(tmp_path) == [BOOK, name(server)]
        assert uri(sets(tmp_path)) == "wss://new:3"
        fail(server, MOST_FAILURES)
        assert uri(server) == "wss://configured:1"

    def test_fails_and_the_older_works(self, server: ServerSets, tmp_path: Path) -> None:
        refused = name(server)
        fail(server, FIRST_FAILURES)
        assert uri(server) == "wss://good:2"
        server.worked(Kind.LNS, name(server))
        assert refused not in names_on_disk(tmp_path)
        assert uri(sets(tmp_path)) == "wss://good:2"
        assert any("did not work" in remark for remark in server.remarks)

    def test_and_the_good_one_fail_and_the_configured_works_and_is_kept_to(self, server: ServerSets) -> None:
        server.worked(Kind.LNS, name(server))
        fail(server, MOST_FAILURES)
        server.worked(Kind.LNS, name(server))
        assert uri(server) == "wss://configured:1"

    def test_is_not_given_up_while_nothing_works(self, server: ServerSets, tmp_path: Path) -> None:
        fail(server, FIRST_FAILURES + 2 * MOST_FAILURES)
        assert uri(server) == "wss://new:3"
        assert uri(sets(tmp_path)) == "wss://new:3"

    def test_that_was_refused_is_left_alone_when_it_comes_again(
        self, server: ServerSets, tmp_path: Path, other: Identity
    ) -> None:
        fail(server, FIRST_FAILURES)
        server.worked(Kind.LNS, name(server))
        before = names_on_disk(tmp_path)
        assert take(server, lns_uri="wss://new:3", lns_identity=other) == frozenset()
        assert uri(server) == "wss://good:2"
        assert names_on_disk(tmp_path) == before

    def test_that_was_refused_is_tried_again_when_nothing_else_works(self, server: ServerSets, other: Identity) -> None:
        fail(server, FIRST_FAILURES)
        server.worked(Kind.LNS, name(server))
        fail(server, 2 * MOST_FAILURES)
        assert take(server, lns_uri="wss://new:3", lns_identity=other) == {Kind.LNS}
        assert uri(server) == "wss://new:3"

    def test_a_failure_that_is_told_late_is_not_anothers(self, server: ServerSets) -> None:
        refused = name(server)
        fail(server, FIRST_FAILURES)
        for _ in range(MOST_FAILURES):
            assert not server.failed(Kind.LNS, refused)
        assert uri(server) == "wss://good:2"

    def test_is_not_judged_by_a_success_of_the_older_before_its_turn(self, server: ServerSets, tmp_path: Path) -> None:
        new = name(server)
        fail(server, FIRST_FAILURES)
        good = name(server)
        again = sets(tmp_path)
        again.worked(Kind.LNS, good)
        assert name(again) == new

    def test_works_although_its_turn_is_over(self, server: ServerSets) -> None:
        new = name(server)
        fail(server, FIRST_FAILURES)
        server.worked(Kind.LNS, new)
        assert name(server) == new

    def test_the_server_is_told_of_the_new_one(self, server: ServerSets, other: Identity) -> None:
        fail(server, FIRST_FAILURES)
        assert server.held(Kind.LNS).uri == "wss://new:3"
        assert server.held(Kind.LNS).checksum == credentials_checksum(other.trust, other.certificate, other.key)

    def test_another_address_in_the_configuration_is_used(self, server: ServerSets, tmp_path: Path) -> None:
        moved = sets(tmp_path, msgspec.structs.replace(CONFIG, uri="wss://elsewhere:9"))
        assert uri(moved) == "wss://elsewhere:9"


class TestRefusedOffers:
    """Nothing of an answer is used where a part of it cannot be."""

    @pytest.fixture
    def server(self, tmp_path: Path) -> ServerSets:
        return sets(tmp_path)

    def refused(self, server: ServerSets, tmp_path: Path, complaint: str, **changes: Any) -> None:
        with pytest.raises(OfferError, match=complaint):
            take(server, **changes)
        assert uri(server) == "wss://configured:1"
        assert uri(server, Kind.CUPS) == "https://cups:443"
        assert [path for path in (tmp_path / "cups").iterdir() if path.name != BOOK] == []

    def test_a_key_of_another_certificate(
        self, server: ServerSets, tmp_path: Path, identity: Identity, other: Identity
    ) -> None:
        mixed = msgspec.structs.replace(identity, key=other.key)
        self.refused(server, tmp_path, "cannot be used", cups_uri="https://c:1", lns_identity=mixed)

    def test_an_authority_that_is_no_certificate(self, server: ServerSets, tmp_path: Path) -> None:
        self.refused(server, tmp_path, "authority", lns_identity=Identity(b"\x30\x00"))

    def test_a_token_that_is_no_header(self, server: ServerSets, tmp_path: Path, identity: Identity) -> None:
        self.refused(server, tmp_path, "Name: value", cups_identity=Identity(identity.trust, token=b"secret"))

    @pytest.mark.parametrize("field", ["lns_uri", "cups_uri"])
    @pytest.mark.parametrize("text", ["nonsense://x", "ws://plain:1", "http://plain:1"])
    def test_an_address_that_is_none_or_gives_encryption_up(
        self, server: ServerSets, tmp_path: Path, field: str, text: str
    ) -> None:
        self.refused(server, tmp_path, "URI must", **{field: text})

    def test_a_disk_that_takes_nothing(self, server: ServerSets, tmp_path: Path) -> None:
        (tmp_path / "cups").rmdir()
        (tmp_path / "cups").write_text("no directory")
        with pytest.raises(OfferError, match="cannot be kept"):
            take(server, lns_uri="wss://new:2")
        assert uri(server) == "wss://configured:1"


def test_a_plain_cups_server_may_name_a_plain_lns(tmp_path: Path) -> None:
    server = sets(tmp_path)
    assert server.take(CupsAnswer(lns_uri="ws://plain:1"), secure=False) == {Kind.LNS}


def test_a_damaged_book_is_told_of_and_the_configured_ones_serve(tmp_path: Path, identity: Identity) -> None:
    take(sets(tmp_path), lns_uri="wss://new:2", lns_identity=identity)
    (tmp_path / "cups" / BOOK).write_bytes(b"\0" * 50)
    server = sets(tmp_path)
    assert uri(server) == "wss://configured:1"
    assert any("damaged" in remark for remark in server.remarks)
    take(server, lns_uri="wss://new:3")
    assert uri(sets(tmp_path)) == "wss://new:3"


def test_a_set_that_is_gone_is_passed_over(tmp_path: Path, identity: Identity) -> None:
    server = sets(tmp_path)
    take(server, lns_uri="wss://new:2", lns_identity=identity)
    (tmp_path / "cups" / name(server) / "uri").unlink()
    again = sets(tmp_path)
    assert uri(again) == "wss://configured:1"
    assert take(again, lns_uri="wss://new:2", lns_identity=identity) == {Kind.LNS}
    assert uri(again) == "wss://new:2"


def test_the_checksum_of_configured_files_is_that_of_their_bytes(tmp_path: Path) -> None:
    ca = tmp_path / "ca"
    ca.write_bytes(b"trust")
    cups = CupsConfig("https://cups:443", ca_file=str(ca), token_file=secret(tmp_path / "token", b"token"))
    assert sets(tmp_path, cups=cups).held(Kind.CUPS).checksum == credentials_checksum(b"trust", b"", b"token")
    missing = CupsConfig("https://cups:443", ca_file="/nowhere", token_file="/nowhere")
    assert sets(tmp_path, cups=missing).held(Kind.CUPS).checksum == credentials_checksum(b"", b"", b"")


def test_the_last_update_is_remembered(tmp_path: Path) -> None:
    sets(tmp_path).update_taken("ab")
    assert sets(tmp_path).last_update == "ab"
