"""E-mail against a real SMTP server on loopback: encrypted, verified, and told truthfully when it is not taken."""

import smtplib
import ssl
from pathlib import Path

import pytest

from gateway.notices.channel import ChannelError
from gateway.notices.mail import mail_of
from gateway.notices.notice import Kind
from gateway.notices.settings import SmtpSettings
from gateway.notices.smtp_channel import SmtpChannel
from tests.gateway.broker.certificates import Authority
from tests.gateway.notices.scene import NOON, message, server_tls
from tests.smtp_sink import Letter, SmtpSink

TO = "capteurs@val-haut.example"
FROM = "candelabre@hauterive.example"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls(authority: Authority) -> ssl.SSLContext:
    return server_tls(*authority.issue("server"))


def channel(sink: SmtpSink, authority: Authority | None, **others: object) -> SmtpChannel:
    ca_file = None if authority is None else authority.file
    facts: dict[str, object] = {"sender_name": "Candélabre", "ca_file": ca_file, "timeout_s": 5}
    settings = SmtpSettings("127.0.0.1", sink.port, FROM, **(facts | others))  # type: ignore[arg-type] # of many types
    return SmtpChannel(settings)


def letter(sink: SmtpSink) -> Letter:
    (only,) = sink.letters
    return only


def error_of(sending: SmtpChannel) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        sending.send(message(), TO, NOON)
    return caught.value


def test_a_letter_arrives_as_it_was_written(authority: Authority, tls: ssl.SSLContext) -> None:
    sent = message()
    with SmtpSink(tls) as sink:
        channel(sink, authority).send(sent, TO, NOON)
    taken = letter(sink)
    assert (taken.sender, taken.recipient, taken.encrypted) == (FROM, TO, True)
    assert taken.text == sent.text
    # Where a long line is folded, Python 3.13 writes a space more.
    assert str(taken.mail["Subject"]).split() == sent.subject.split()
    assert taken.mail["From"] == f"Candélabre <{FROM}>"
    assert taken.mail["To"] == TO
    assert taken.mail["Date"] == "Wed, 25 Nov 2026 11:00:00 +0000"
    assert taken.mail.get_content_type() == "text/plain"
    assert max(map(len, taken.content.splitlines())) <= 78
    assert taken.content.isascii()  # any server passes it on


def test_machines_are_told_not_to_answer(authority: Authority, tls: ssl.SSLContext) -> None:
    with SmtpSink(tls) as sink:
        channel(sink, authority).send(message(), TO, NOON)
    assert letter(sink).mail["Auto-Submitted"] == "auto-generated"
    assert letter(sink).mail["X-Auto-Response-Suppress"] == "All"


def test_what_cannot_be_delivered_goes_where_the_host_wants_it(authority: Authority, tls: ssl.SSLContext) -> None:
    with SmtpSink(tls) as sink:
        channel(sink, authority, bounces_to="desk@hauterive.example").send(message(), TO, NOON)
    assert letter(sink).sender == "desk@hauterive.example"
    assert letter(sink).mail["From"] == f"Candélabre <{FROM}>"


def test_a_repetition_is_known_by_its_identity_and_an_incidents_letters_by_their_thread() -> None:
    settings = SmtpSettings("localhost", 25, FROM)
    first, again, end = (mail_of(each, settings, TO, None) for each in (message(), message(), message(2, Kind.CLOSED)))
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"] != end["Message-ID"]
    assert first["Message-ID"].endswith("@hauterive.example>")
    assert first["References"] == end["References"]


def test_a_time_that_is_not_sure_is_not_in_the_letter(authority: Authority, tls: ssl.SSLContext) -> None:
    with SmtpSink(tls) as sink:
        channel(sink, authority).send(message(), TO, None)
    assert "Date" not in letter(sink).mail


def test_encryption_from_the_beginning(authority: Authority, tls: ssl.SSLContext) -> None:
    with SmtpSink(tls, implicit=True) as sink:
        channel(sink, authority, security="tls").send(message(), TO, NOON)
    assert letter(sink).encrypted
    assert "STARTTLS" not in sink.commands


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_trusts_gets_nothing(tmp_path: Path, tls: ssl.SSLContext, security: str) -> None:
    with SmtpSink(tls, implicit=security == "tls") as sink:
        for authority in (Authority(tmp_path, "other"), None):
            error = error_of(channel(sink, authority, security=security))
            assert "is not trusted" in str(error)
    assert "MAIL" not in sink.commands


def test_a_certificate_for_another_host_is_not_trusted(authority: Authority) -> None:
    with SmtpSink(server_tls(*authority.issue("server", "mail.example"))) as sink:
        assert "is not trusted" in str(error_of(channel(sink, authority)))
    assert "MAIL" not in sink.commands


def test_a_server_without_encryption_gets_nothing(authority: Authority, tls: ssl.SSLContext) -> None:
    with SmtpSink(tls, offers_tls=False) as sink:
        assert "STARTTLS" in str(error_of(channel(sink, authority)))
    assert not {"MAIL", "AUTH"} & set(sink.commands)


def test_a_server_on_the_gateway_itself_needs_none() -> None:
    with SmtpSink() as sink:
        channel(sink, None, security="none").send(message(), TO, NOON)
    assert not letter(sink).encrypted


def password_file(directory: Path, password: str, mode: int = 0o600) -> str:
    path = directory / "password"
    path.write_text(f"{password}\n")
    path.chmod(mode)
    return str(path)


def test_user_and_password(authority: Authority, tls: ssl.SSLContext, tmp_path: Path) -> None:
    with SmtpSink(tls, users={"gateway": "sesame"}) as sink:
        assert "530" in str(error_of(channel(sink, authority)))
        sending = channel(sink, authority, username="gateway", password_file=password_file(tmp_path, "sesame"))
        sending.send(message(), TO, NOON)
        assert (letter(sink).user, letter(sink).encrypted) == ("gateway", True)


def test_a_wrong_password_is_told_without_it(authority: Authority, tls: ssl.SSLContext, tmp_path: Path) -> None:
    with SmtpSink(tls, users={"gateway": "sesame"}) as sink:
        sending = channel(sink, authority, username="gateway", password_file=password_file(tmp_path, "sesam-open"))
        error = error_of(sending)
    assert "535" in str(error)
    assert "sesam" not in str(error)


@pytest.mark.parametrize(
    ("password", "mode", "told"), [("sésame", 0o600, "ASCII"), ("sesame", 0o644, "chmod o="), ("", 0o600, "one line")]
)
def test_a_password_that_cannot_be_used_is_told(
    authority: Authority, tls: ssl.SSLContext, tmp_path: Path, *, password: str, mode: int, told: str
) -> None:
    with SmtpSink(tls, users={"gateway": "sesame"}) as sink:
        file = password_file(tmp_path, password, mode)
        error = error_of(channel(sink, authority, username="gateway", password_file=file))
    assert told in str(error)
    assert "AUTH" not in sink.commands


@pytest.mark.parametrize(
    ("fault", "told", "is_refusal"),
    [
        ("refuse", "550 no such user", True),
        ("refuse_later", "451 later", False),
        ("refuse_data", "554 not this one", True),
        ("hang_up", "", False),
        ("take_and_hang_up", "", False),
    ],
)
def test_what_the_server_does_not_take_is_told_with_its_reason(
    authority: Authority, tls: ssl.SSLContext, fault: str, told: str, is_refusal: bool
) -> None:
    with SmtpSink(tls, fault=lambda: fault) as sink:  # type: ignore[arg-type,return-value] # one of the literals
        error = error_of(channel(sink, authority))
    assert told in str(error)
    assert str(error)
    assert error.is_refusal is is_refusal


def test_a_server_that_is_not_there_or_says_nothing_is_told(authority: Authority, tls: ssl.SSLContext) -> None:
    with SmtpSink(tls, fault=lambda: "silent") as sink:
        assert "timed out" in str(error_of(channel(sink, authority, timeout_s=0.2)))
    assert str(error_of(channel(sink, authority))) == "Connection refused"


def test_what_goes_wrong_after_it_was_taken_is_no_failure(
    authority: Authority, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_client: smtplib.SMTP) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(smtplib.SMTP, "quit", fails)
    with SmtpSink(tls) as sink:
        channel(sink, authority).send(message(), TO, NOON)
    assert len(sink.letters) == 1


@pytest.mark.parametrize("address", ["a,b@c.example", "a;b@c.example", "<a>@c.example"])
def test_a_strange_address_is_quoted_and_stays_one(authority: Authority, tls: ssl.SSLContext, address: str) -> None:
    with SmtpSink(tls) as sink:
        channel(sink, authority).send(message(), address, NOON)
    (only,) = letter(sink).mail["To"].addresses
    assert (only.username, only.domain) == (address.partition("@")[0], "c.example")
