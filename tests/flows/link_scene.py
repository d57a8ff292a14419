"""Everything around a gateway of which two depositors are told: a broker with TLS and access rules, a mail server, a
webhook, a network server, a signed policy; and what arrives, with the time at which it did.
"""

import asyncio
import contextlib
import datetime
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from forwarder.semtech_udp.server import NetworkServerEnd
from gateway.broker.client import Broker
from gateway.broker.outbox import Fate
from gateway.broker.settings import Message
from gateway.link.evidence.chain import Entry, read_entry
from gateway.link.evidence.gateway_key import load_gateway_key
from gateway.link.evidence.segment_files import SegmentFiles, log_directory
from gateway.link.evidence.verification import gaps, verify
from tests.flows.test_topic_isolation import FIRST, Town
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import connected, running
from tests.gateway.notices.scene import server_tls
from tests.gateway.policy.signed import Host, depositor
from tests.smtp_sink import Letter, SmtpSink
from tests.webhook_sink import WebhookSink

GATEWAY_USER = f"gateway.{FIRST.gateway_eui:016X}"
METROPOLE, SYNDICAT = DEPOSITORS = ("metropole", "syndicat-eaux")
DEV_ADDRS = {METROPOLE: 0x26011A00, SYNDICAT: 0x26011B00}
MQTT, EMAIL, WEBHOOK = CHANNELS = ("mqtt", "e-mail", "webhook")
LOOK_S = 0.02
# What comes is waited for as long as no machine could take; how fast it came never decides a test.
PATIENCE_S = 60.0
CONTACT = """
[[depositor.contact]]
role = "Desk"
name = "N"
email = "{depositor}@there.example"
webhook = "{webhook}"
"""
CONFIGURATION = """
[gateway]
eui = "{eui:016X}"
name = "tour-perret"
state_dir = "{state_dir}"
stats_interval_s = 30
[radio]
bus = "{bus}"
region_plan = "EU868"
{policy}
[broker]
host = "127.0.0.1"
port = {broker_port}
ca_file = "{broker_ca}"
username = "{user}"
password_file = "{password_file}"
keepalive_s = {broker_keepalive_s}
[topics]
beat_s = {beat_s}
[notices]
ceiling_per_hour = {ceiling_per_hour}
[notices.smtp]
host = "127.0.0.1"
port = {smtp_port}
sender = "gateway@host.example"
ca_file = "{mail_ca}"
[notices.webhook]
ca_file = "{mail_ca}"
[[server]]
name = "main"
host = "127.0.0.1"
port_up = {server_port}
port_down = {server_port}
keepalive_s = {keepalive_s}
"""


class Heard(msgspec.Struct, frozen=True):
    """A message that a depositor's client got from the broker, and when (Unix time)."""

    at_s: float
    depositor: str
    message: Message

    @property
    def channel(self) -> str:
        """`link`, `incident`, `uplink`, ..., and `state`, which is everybody's."""
        _, _, *rest = self.message.topic.split("/")
        return rest[0] if len(rest) == 1 else rest[2]

    @property
    def content(self) -> Any:
        """The document; None where it was cleared."""
        return msgspec.json.decode(self.message.payload) if self.message.payload else None


class Told(msgspec.Struct, frozen=True):
    """One notice of an incident as it arrived on one channel."""

    at_s: float
    channel: str
    depositor: str
    incident: str
    kind: str
    begin: str | None = None
    end: str | None = None


class Surroundings:
    """All of it. Nothing runs before `at_work`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.state_dir = directory / "state"
        for name in ("broker", "mail", "host"):
            (directory / name).mkdir()
        self.town = Town(directory / "broker")
        self._authority = Authority(directory / "mail")
        tls = server_tls(*self._authority.issue("server"))
        self._letters_s: list[float] = []
        self._requests_s: list[float] = []
        self.smtp = TimedSmtpSink(self._letters_s, tls)
        self.webhook = WebhookSink(tls, self._answer)
        self.host = Host(directory / "host")
        self.server = NetworkServerEnd()
        self.gate = Gate(self.town.broker.port)
        self.heard: list[Heard] = []
        self.readers: dict[str, Broker] = {}
        self._port: socket.socket | None = None

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Surroundings"]:
        """Everything listens, and both depositors read what they may."""
        self.publish_policy()
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(self.town.broker)
            stack.enter_context(self.smtp)
            stack.enter_context(self.webhook)
            await stack.enter_async_context(self.server)
            await stack.enter_async_context(self.gate.served())
            for each in DEPOSITORS:
                reader = await stack.enter_async_context(running(self.town.account(each)))
                for topic_filter in (f"candelabre/+/depositor/{each}/#", "candelabre/+/state"):
                    reader.subscribe(topic_filter, self._hear(each))
                self.readers[each] = reader
            await self.readers_listen()
            yield self

    def publish_policy(self, **ends: datetime.date) -> None:
        """Sign a document: for two depositors, without limits, until the convention's end or an earlier one."""
        tables = []
        for each, dev_addr in DEV_ADDRS.items():
            until_then = f"ends = {ends[each]}\n" if each in ends else ""
            lines = f'uplink_topic = "metadata"\n{until_then}' + CONTACT.format(
                depositor=each, webhook=self.webhook.url
            )
            tables.append(depositor(each, f"{dev_addr:08X}/24", more=lines))
        self.host.publish(self.host.document(*tables, days=400))

    def configuration(
        self,
        bus: str = "simulator",
        *,
        keepalive_s: float = 10,
        broker_keepalive_s: int = 60,
        beat_s: int = 60,
        ceiling_per_hour: int = 6,
    ) -> str:
        """gateway.toml of a gateway in the middle of it. `keepalive_s` is the network server's."""
        account = self.town.account(GATEWAY_USER)
        return CONFIGURATION.format(
            eui=FIRST.gateway_eui,
            state_dir=self.state_dir,
            bus=bus,
            policy=self.host.section(),
            broker_port=self.gate.port,
            broker_ca=account.tls.ca_file if account.tls else "",
            user=account.username,
            password_file=account.password_file,
            broker_keepalive_s=broker_keepalive_s,
            beat_s=beat_s,
            ceiling_per_hour=ceiling_per_hour,
            smtp_port=self.smtp.port,
            mail_ca=self._authority.file,
            server_port=self.server.port,
            keepalive_s=float(keepalive_s),
        )

    async def kill_broker(self) -> None:
        """As a power cut would; what it had retained is lost. Nobody else gets its port meanwhile."""
        self.gate.shut()
        await asyncio.to_thread(self.town.broker.stop)
        self._port = socket.socket()
        self._port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._port.bind(("127.0.0.1", self.town.broker.port))

    async def start_broker(self) -> None:
        """Start it; the gateway finds its way once the depositors listen, so that they miss nothing."""
        if self._port is not None:
            self._port.close()
        await asyncio.to_thread(self.town.broker.start)
        await self.readers_listen()
        self.gate.open()

    def documents(self, depositor: str, channel: str) -> list[Heard]:
        """What a depositor's client got on a channel, oldest first, without what was cleared."""
        found = (each for each in self.heard if (each.depositor, each.channel) == (depositor, channel))
        return [each for each in found if each.message.payload]

    def link(self, depositor: str) -> Any:
        """A depositor's last link document; None before the first."""
        documents = self.documents(depositor, "link")
        return documents[-1].content if documents else None

    def state(self, depositor: str) -> Any:
        """What a depositor's client knows of the gateway itself: its last state; nothing before the first."""
        documents = self.documents(depositor, "state")
        return documents[-1].content if documents else {"state": None, "cause": None}

    def told(self, depositor: str, kind: str | None = None, channel: str | None = None) -> list[Told]:
        """All notices that a depositor got, of a kind and by a channel where these are given."""
        ways = {MQTT: self._told_by_mqtt, EMAIL: self._told_by_mail, WEBHOOK: self._told_by_webhook}
        found = [told for way in CHANNELS if channel in (None, way) for told in ways[way]()]
        return [told for told in found if told.depositor == depositor and kind in (None, told.kind)]

    def evidence(self) -> list[Entry]:
        """All entries of the gateway's evidence, once it was verified."""
        key = load_gateway_key(self.state_dir)
        assert key is not None
        files = SegmentFiles(log_directory(self.state_dir, key.public.key_id))
        pieces = [files.path_of(first).read_bytes() for first in files.sizes()]
        assert not gaps([verify(piece, key.public) for piece in pieces])
        return [
            entry
            for piece in pieces
            for line in piece.splitlines(keepends=True)
            if (entry := read_entry(line)) is not None
        ]

    def _answer(self) -> tuple[int, dict[str, str]]:
        self._requests_s.append(time.time())
        return 204, {}

    def _hear(self, depositor: str) -> Callable[[Message], None]:
        return lambda message: self.heard.append(Heard(time.time(), depositor, message))

    async def readers_listen(self) -> None:
        """A broker answers in order: with this answer it has the subscription too."""
        for reader in self.readers.values():
            await connected(reader)
            assert await reader.publish("elsewhere", b"") is Fate.REFUSED

    def _told_by_mqtt(self) -> Iterator[Told]:
        for each in list(self.heard):
            if each.channel == "incident" and each.message.payload:
                said = each.content
                yield Told(each.at_s, MQTT, each.depositor, said["id"], said["state"], said["begin"], said["end"])

    def _told_by_mail(self) -> Iterator[Told]:
        for at_s, letter in zip(list(self._letters_s), list(self.smtp.letters), strict=False):
            for part in str(letter.mail["X-Candelabre-Notices"]).split():
                incident, kind = part.partition("=")[2].split(".")[:2]
                yield Told(at_s, EMAIL, letter.recipient.partition("@")[0], incident, kind)

    def _told_by_webhook(self) -> Iterator[Told]:
        for at_s, request in zip(list(self._requests_s), self.webhook.taken(), strict=False):
            content = request.content
            for said in content["notices"]:
                names = (said["incident"], said["kind"], said["begins"], said["ends"])
                yield Told(at_s, WEBHOOK, content["depositor"], *names)


class TimedSmtpSink(SmtpSink):
    """Notes when it took each letter."""

    def __init__(self, taken_s: list[float], tls: Any) -> None:
        super().__init__(tls)
        self._taken_s = taken_s

    def take(self, letter: Letter) -> None:
        """Keep it."""
        self._taken_s.append(time.time())
        super().take(letter)


class Gate:
    """A way to a port, which can be shut: then nobody gets through, and who is through is cut off."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._is_open = True
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator["Gate"]:
        """It is there as long as this lasts."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.shut()
            await self.emptied()

    def shut(self) -> None:
        """Let nobody through."""
        self._is_open = False
        for task in self._tasks:
            task.cancel()

    def open(self) -> None:
        """Let everybody through again."""
        self._is_open = True

    async def emptied(self) -> None:
        """Everybody who was through is gone, and all that they had sent has been handed on."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if self._is_open:
                await self._join(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one of them goes; all that it had sent is handed on."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [asyncio.create_task(_carry(reader, far_writer)), asyncio.create_task(_carry(far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S, what: object = "") -> None:
    """Look again and again: what is waited for sets no event here."""
    deadline_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline_s, f"it never came: {what}"
        await asyncio.sleep(LOOK_S)
