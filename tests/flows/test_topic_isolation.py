"""config/mosquitto/ on a real broker with real accounts: each reads and writes its own, and nothing of another's.

What every account may is calculated from gateway/link/access.py; what a depositor may never is also said here in plain
words. An observer, which only this test has, publishes to every topic and sees what is published.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from gateway.broker.client import Broker
from gateway.broker.outbox import Fate
from gateway.broker.settings import BrokerSettings, Message, Tls, Will
from gateway.link.access import ACCESS, Role
from gateway.link.messages_command import CommandName
from gateway.link.topic import Channel, Place, Topics
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import PATIENCE_S, connected, running, settings, until
from tests.mosquitto import Mosquitto, tool

TEMPLATES = Path(__file__).parents[2] / "config" / "mosquitto"
FIRST, SECOND = Topics(0xAA555A0000000101), Topics(0xAA555A0000000102)
GATEWAYS = (FIRST, SECOND)
DEPOSITORS = ("metropole", "syndicat-eaux")
OBSERVER = "test.observer"
PLACES = [
    *(Place(channel) for channel in Channel if not channel.ids),
    *(Place(channel, depositor) for depositor in DEPOSITORS for channel in Channel if channel.ids == ("depositor",)),
    *(Place(Channel.INCIDENT, depositor, "1") for depositor in DEPOSITORS),
    *(
        Place(channel, command=name.value)
        for name in CommandName
        for channel in (Channel.COMMAND, Channel.COMMAND_REPLY)
    ),
]
# Of no gateway: what else the broker may carry.
POLICY, SERVER_EVENT, ELSEWHERE = "candelabre/policy", "application/1/device/00005EEF10000001/event/up", "elsewhere"
SYSTEM = "$SYS/broker/uptime"


class Account(msgspec.Struct, frozen=True):
    """A user of the broker; `whose` is a depositor's id or a gateway's base topic."""

    user: str
    role: Role | Literal["server", "nobody"]
    whose: str = ""


ACCOUNTS = [
    *(Account(f"gateway.{topics.gateway_eui:016X}", Role.GATEWAY, topics.base) for topics in GATEWAYS),
    *(Account(depositor, Role.DEPOSITOR, depositor) for depositor in DEPOSITORS),
    Account("operator.jeanne", Role.OPERATOR),
    Account("host.platform", Role.HOST),
    Account("server.chirpstack", "server"),
    Account("stranger", "nobody"),
]
USERS = [account.user for account in ACCOUNTS]
# Names that a pattern could take for more than a name.
WILDCARDS = ["+", "metropole/#"]


def topic_of(topics: Topics, place: Place) -> str:
    ids = {name: getattr(place, name) for name in place.channel.ids}
    return f"{topics.base}/{place.channel.value.format_map(ids)}"


TOPICS = {topic_of(topics, place): (topics, place) for topics in GATEWAYS for place in PLACES}
ALL_TOPICS = [*TOPICS, POLICY, SERVER_EVENT, ELSEWHERE]


def may(account: Account, topic: str, what: Literal["read", "write"]) -> bool:
    """Whether an account may do that: by gateway/link/access.py, and for what is no gateway's by the template."""
    match topic:
        case str() if topic in TOPICS:
            return may_on_channel(account, *TOPICS[topic], what)
        case "candelabre/policy":
            return account.role is Role.OPERATOR or (account.role is Role.GATEWAY and what == "read")
        case "application/1/device/00005EEF10000001/event/up":
            return account.role == "server" or (account.role is Role.GATEWAY and what == "read")
        case _:
            return False


def may_on_channel(account: Account, topics: Topics, place: Place, what: Literal["read", "write"]) -> bool:
    if place.channel is Channel.STATE and what == "read" and account.role is not Role.GATEWAY:
        return True  # for everybody who has an account
    if account.role is Role.GATEWAY and account.whose != topics.base:
        return place.channel is Channel.STATE and what == "read"
    if account.role is Role.DEPOSITOR and place.depositor is not None and account.whose != place.depositor:
        return False
    access = ACCESS[place.channel]
    allowed = account.role in (access.readers if what == "read" else access.writers)
    return allowed or (account.role is Role.GATEWAY and place.channel is Channel.STATE and what == "read")


class Town:
    """The broker as the templates have it, with a second gateway, and an account for everybody."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        authority = Authority(directory)
        certificate, key = authority.issue("broker")
        passwords, acl = directory / "passwords", directory / "acl"
        everybody = [*USERS, *WILDCARDS, OBSERVER]
        passwords.write_text("".join(f"{user}:password of {user}\n" for user in everybody))
        subprocess.run([tool("mosquitto_passwd"), "-U", str(passwords)], check=True)
        for number, user in enumerate(everybody):
            own = directory / f"{number}.password"
            own.write_text(f"password of {user}\n")
            own.chmod(0o600)
        self._password_files = {user: str(directory / f"{number}.password") for number, user in enumerate(everybody)}
        acl.write_text(acl_text())
        for each in (acl, passwords):
            each.chmod(0o600)
        paths = {
            "/etc/mosquitto/certs/ca.crt": authority.file,
            "/etc/mosquitto/certs/broker.crt": certificate,
            "/etc/mosquitto/certs/broker.key": key,
            "/etc/mosquitto/candelabre.passwords": passwords,
            "/etc/mosquitto/candelabre.acl": acl,
        }
        self._tls = Tls(ca_file=authority.file)
        self.broker = Mosquitto(directory, *configuration(paths))

    def account(self, user: str, **others: object) -> BrokerSettings:
        """How a user connects."""
        known = {"tls": self._tls, "username": user, "password_file": self._password_files[user]}
        return settings(self.broker.port, **(known | others))

    @contextlib.asynccontextmanager
    async def connected_as(self, user: str, **others: object) -> AsyncIterator[Broker]:
        """A connection of a user."""
        async with running(self.account(user, **others)) as broker:
            await connected(broker)
            yield broker


def configuration(paths: dict[str, Path]) -> list[str]:
    """The template's lines, with this test's files; listener and persistence are the test's own."""
    lines = []
    for line in (TEMPLATES / "mosquitto.example.conf").read_text().splitlines():
        key, _, value = line.partition(" ")
        if not line or line.startswith("#") or key in {"persistence", "persistence_location", "autosave_interval"}:
            continue
        if key == "listener":
            assert value == "8883"
            continue
        assert not value.startswith("/") or value in paths, line
        lines.append(f"{key} {paths.get(value, value)}")
    return lines


def acl_text() -> str:
    """The template, with the lines of its gateway once more for the second one."""
    text = (TEMPLATES / "acl.example").read_text()
    first, second = (f"{topics.gateway_eui:016X}" for topics in GATEWAYS)
    block = "\n".join(line for line in text.splitlines() if first in line and not line.startswith("#"))
    block += "\ntopic read candelabre/policy\ntopic read application/+/device/+/event/+\n"
    observer = f"user {OBSERVER}\ntopic readwrite #\npattern read sentinel/%u\n"
    return f"{text}\n{block.replace(first, second)}\n{observer}"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("town"))
    with town.broker:
        yield town


async def all_fates(broker: Broker, payload: bytes, *, retain: bool = False) -> dict[str, Fate]:
    """Publish to every topic."""
    fates = {topic: broker.publish(topic, payload, retain=retain) for topic in ALL_TOPICS}
    return dict(zip(fates, await asyncio.gather(*fates.values()), strict=True))


async def heard_by(town: Town, user: str, filters: list[str], version: str) -> list[Message]:
    """What a user who subscribes is sent: what was retained, and what comes afterwards."""
    heard: list[Message] = []
    async with town.connected_as(OBSERVER) as observer, town.connected_as(user, version=version) as reader:
        await all_fates(observer, b"before", retain=True)
        for topic_filter in [*filters, f"sentinel/{user}"]:
            reader.subscribe(topic_filter, heard.append)
        await sentinel(observer, user, heard, b"retained")
        await all_fates(observer, b"after")
        await sentinel(observer, user, heard, b"live")
        told = [message for message in heard if not message.topic.startswith("sentinel/")]
        await all_fates(observer, b"", retain=True)
    return told


async def sentinel(observer: Broker, user: str, heard: list[Message], payload: bytes) -> None:
    """Wait until what was subscribed to and sent before must have come. The first may come before the subscription."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(message.payload == payload for message in heard):
            await observer.publish(f"sentinel/{user}", payload)
            await asyncio.sleep(0.02)


EVERYTHING = ["#", "+/#", "candelabre/#", "+/+/+/+/+", "candelabre/+/depositor/+/#", SYSTEM, "$SYS/#"]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("account", ACCOUNTS, ids=USERS)
def test_an_account_is_sent_what_it_may_read_whatever_it_subscribes_to(
    town: Town, account: Account, version: str
) -> None:
    told = asyncio.run(heard_by(town, account.user, [*EVERYTHING, *ALL_TOPICS], version))
    may_read = {topic for topic in ALL_TOPICS if may(account, topic, "read")}
    assert {message.topic for message in told} == may_read
    for payload in (b"before", b"after"):
        assert {message.topic for message in told if message.payload == payload} == may_read
    assert {message.topic for message in told if message.retained} == may_read


@pytest.mark.parametrize("account", [each for each in ACCOUNTS if each.role is Role.DEPOSITOR], ids=DEPOSITORS)
def test_a_depositor_reads_its_own_topics_and_whether_a_gateway_is_online(town: Town, account: Account) -> None:
    """The same in words that no table of permissions stands behind."""
    told = asyncio.run(heard_by(town, account.user, EVERYTHING, "5"))
    own = {topic for topic in ALL_TOPICS if f"/depositor/{account.user}/" in topic}
    states = {topics.state for topics in GATEWAYS}
    assert len(own) == 2 * 5
    assert {message.topic for message in told} == own | states


def test_a_subscription_that_is_shared_gives_nobody_more(town: Town) -> None:
    """MQTT 5, 4.8.2: the broker chooses one of those who share it, and must not choose one who may not read."""

    async def story() -> set[str]:
        heard: list[Message] = []
        async with town.connected_as(OBSERVER) as observer, town.connected_as("metropole", version="5") as reader:
            for topic_filter in ("$share/all/candelabre/#", "$share/links/candelabre/+/depositor/+/link"):
                reader.subscribe(topic_filter, heard.append)
            reader.subscribe("sentinel/metropole", heard.append)
            await sentinel(observer, "metropole", heard, b"begin")
            await all_fates(observer, b"after")
            await sentinel(observer, "metropole", heard, b"live")
            # No handler is found for a shared filter: what came is counted, the links twice.
            own = sum(topic in topics_read_by("metropole") for topic in TOPICS)
            assert reader.counters.received == own + len(GATEWAYS) + len(heard)
        return {message.topic for message in heard}

    assert asyncio.run(story()) == {"sentinel/metropole"}


def topics_read_by(user: str) -> set[str]:
    (account,) = (each for each in ACCOUNTS if each.user == user)
    return {topic for topic in ALL_TOPICS if may(account, topic, "read")}


async def written_by(town: Town, user: str, version: str, *, retain: bool) -> tuple[set[str], dict[str, Fate]]:
    """The topics on which what a user publishes arrives, and what the user is answered."""
    arrived: list[Message] = []
    async with town.connected_as(OBSERVER) as observer, town.connected_as(user, version=version) as writer:
        observer.subscribe("#", arrived.append)
        await sentinel(observer, OBSERVER, arrived, b"begin")
        fates = await all_fates(writer, user.encode(), retain=retain)
        writer.publish("$SYS/broker/uptime", user.encode())
        await sentinel(observer, OBSERVER, arrived, b"end")
        if retain:
            await all_fates(observer, b"", retain=True)
    return {message.topic for message in arrived if message.payload == user.encode()}, fates


@pytest.mark.parametrize("retain", [False, True], ids=["once", "retained"])
@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("account", ACCOUNTS, ids=USERS)
def test_an_account_writes_where_it_may(town: Town, account: Account, version: str, retain: bool) -> None:
    arrived, fates = asyncio.run(written_by(town, account.user, version, retain=retain))
    may_write = {topic for topic in ALL_TOPICS if may(account, topic, "write")}
    assert arrived == may_write
    if version == "5":
        assert {topic for topic, fate in fates.items() if fate is Fate.ACCEPTED} == may_write


@pytest.mark.parametrize("account", [each for each in ACCOUNTS if each.role is Role.DEPOSITOR], ids=DEPOSITORS)
def test_a_depositor_writes_its_reports_and_nothing_else(town: Town, account: Account) -> None:
    arrived, _ = asyncio.run(written_by(town, account.user, "5", retain=False))
    assert arrived == {topics.report(account.user) for topics in GATEWAYS}


def test_what_a_gateway_told_stays_though_others_try_to_clear_it(town: Town) -> None:
    async def story() -> list[Message]:
        found: list[Message] = []
        async with town.connected_as("gateway.AA555A0000000101") as gateway:
            assert await gateway.publish(FIRST.link("metropole"), b"down", retain=True) is Fate.ACCEPTED
        for user in USERS[1:]:
            async with town.connected_as(user) as other:
                assert await other.publish(FIRST.link("metropole"), b"", retain=True) is Fate.REFUSED
        async with town.connected_as("metropole") as depositor:
            depositor.subscribe(FIRST.link("metropole"), found.append)
            await until(lambda: bool(found))
        async with town.connected_as(OBSERVER) as observer:
            await observer.publish(FIRST.link("metropole"), b"", retain=True)
        return found

    assert asyncio.run(story()) == [Message(FIRST.link("metropole"), b"down", retained=True)]


def error_of(town: Town, user: str, **others: object) -> str | None:
    """Why a user is not let in."""

    async def story() -> str | None:
        async with running(town.account(user, **others)) as broker:
            await until(lambda: broker.state.last_error is not None)
            assert broker.counters.connections == 0
            return broker.state.last_error

    return asyncio.run(story())


def wills_of(town: Town, user: str, will: Will) -> list[str]:
    """The topics of the last wills that the broker tells when a user's connection is taken over by another one."""

    async def story() -> list[str]:
        heard: list[Message] = []
        async with town.connected_as(OBSERVER) as observer:
            observer.subscribe("#", heard.append)
            await sentinel(observer, OBSERVER, heard, b"begin")
            async with running(town.account(user, client_id="one"), will) as first:
                await connected(first)
                async with town.connected_as(user, client_id="one"):
                    await sentinel(observer, OBSERVER, heard, b"end")
        return [message.topic for message in heard if message.payload == will.payload]

    return asyncio.run(story())


@pytest.mark.parametrize("topic", [FIRST.state, FIRST.link("syndicat-eaux"), FIRST.command("restart_radio")])
def test_nobody_leaves_a_last_will_in_anothers_name(town: Town, topic: str) -> None:
    assert wills_of(town, "metropole", Will(topic, b"offline", retain=False)) == []


def test_a_gateway_leaves_its_own_last_will(town: Town) -> None:
    assert FIRST.state in wills_of(town, USERS[0], Will(FIRST.state, b"offline", retain=False))
    assert wills_of(town, USERS[0], Will(SECOND.state, b"offline", retain=False)) == []


@pytest.mark.parametrize("name", WILDCARDS)
def test_a_wildcard_as_a_name_opens_nothing(town: Town, name: str) -> None:
    async def story() -> list[Message]:
        heard: list[Message] = []
        async with town.connected_as(OBSERVER) as observer, town.connected_as(name) as broker:
            for topic_filter in EVERYTHING:
                broker.subscribe(topic_filter, heard.append)
            assert set((await all_fates(broker, b"x")).values()) == {Fate.REFUSED}
            await all_fates(observer, b"after")
            # The broker's answer comes after whatever it had for this connection before.
            assert await broker.publish(ELSEWHERE, b"x") is Fate.REFUSED
        return heard

    assert asyncio.run(story()) == []


def test_nobody_is_let_in_without_an_account_or_with_anothers_password(town: Town) -> None:
    assert error_of(town, "metropole", username=None, password_file=None) == "Not authorized"
    others = town.account("syndicat-eaux").password_file
    assert error_of(town, "metropole", password_file=others) == "Not authorized"


def test_nothing_goes_over_the_line_in_clear(town: Town) -> None:
    assert error_of(town, "metropole", tls=None) is not None
