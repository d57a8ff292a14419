"""A city's broker with TLS, where each gateway may use its own topics alone, a ChirpStack end, and gateways."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from forwarder.backend import Downlink, TxReceipt
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.backend import MAX_WAITING_UPLINKS, ChirpstackMqttBackend
from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.chirpstack_mqtt.protobuf import decode, encode
from forwarder.chirpstack_mqtt.schema import Message
from gateway.broker.client import Broker
from gateway.broker.outbox import Fate, Outbox
from gateway.broker.settings import BrokerSettings, Tls
from gateway.broker.settings import Message as Received
from radio.packets import TxStatus
from tests.forwarder.chirpstack_mqtt.frames import EUI, GATEWAY_ID
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import until
from tests.mosquitto import Mosquitto, tool

Shape = TypeVar("Shape", bound=Message)
SERVER = "chirpstack"
READY = "eu868/gateway/ready"
UNIX_TIME_S = 1_662_813_015
PAGE = Path(__file__).parents[3] / "docs" / "chirpstack.md"
# What ChirpStack itself does not look at, and what this end asks itself.
BESIDE_THE_RULES = f"user {SERVER}\ntopic read eu868/gateway/+/state/conn\ntopic readwrite {READY}\n"


def access_rules() -> str:
    """Those that the documentation recommends."""
    _, begin, rest = PAGE.read_text(encoding="utf-8").partition("```\nuser ")
    rules, end, _ = rest.partition("```")
    assert begin
    assert end
    return f"user {rules}"


class City:
    """The broker, and who is who: the name in a certificate is the user's, or `by_password` each has one."""

    def __init__(self, directory: Path, *, by_password: bool = False) -> None:
        self.authority = Authority(directory)
        certificate, key = self.authority.issue("broker")
        rules = directory / "acl"
        rules.write_text(f"{access_rules()}\n{BESIDE_THE_RULES}")
        self._directory = directory
        self._certificates: dict[str, tuple[Path, Path]] = {}
        self.by_password = by_password
        self.mosquitto = Mosquitto(
            directory,
            f"certfile {certificate}",
            f"keyfile {key}",
            f"cafile {self.authority.file}",
            *(self._passwords() if by_password else ("require_certificate true", "use_identity_as_username true")),
            f"acl_file {rules}",
            "max_queued_messages 10000",
        )

    @contextlib.contextmanager
    def at_work(self) -> Iterator["City"]:
        """The broker listens as long as this lasts."""
        with self.mosquitto:
            yield self

    def settings(self, name: str, port: int | None = None, **others: Any) -> BrokerSettings:
        """The broker for a user with a certificate, perhaps by another way."""
        plain = BrokerSettings("127.0.0.1", port or self.mosquitto.port, client_id=name)
        if self.by_password:
            own = {"username": name, "password_file": str(self.password_file(name)), "tls": Tls(self.authority.file)}
            return msgspec.structs.replace(plain, **{**own, **others})
        if name not in self._certificates:
            self._certificates[name] = self.authority.issue(name)
        certificate, key = self._certificates[name]
        tls = Tls(self.authority.file, certificate, key)
        return msgspec.structs.replace(plain, **{"tls": tls, **others})

    def password_file(self, name: str, password: str | None = None) -> Path:
        """A file with the user's password, or with another."""
        path = self._directory / f"{name}.password"
        path.write_text(f"{password or password_of(name)}\n")
        path.chmod(0o600)
        return path

    def _passwords(self) -> tuple[str, ...]:
        users = self._directory / "users"
        for number, name in enumerate((SERVER, GATEWAY_ID)):
            first = ("-c",) if number == 0 else ()
            make = [tool("mosquitto_passwd"), "-b", *first, str(users), name, password_of(name)]
            subprocess.run(make, check=True, capture_output=True, timeout=30)
        return "allow_anonymous false", f"password_file {users}"

    def backend(self, port: int | None = None, settings: BrokerSettings | None = None, **more: Any) -> "Gateway":
        """A gateway that tries again at once."""
        return Gateway(settings or self.settings(GATEWAY_ID, port), **more)


def password_of(name: str) -> str:
    """The password that the broker knows."""
    return f"sésame {name}"


class Gateway:
    """A backend, its client, and a radio that does as it is told."""

    def __init__(self, settings: BrokerSettings, eui: int = EUI, **config: Any) -> None:
        self.client = Broker(settings, outbox=Outbox(MAX_WAITING_UPLINKS), pause=lambda _failures: 0.05)
        keys = {"name": "city", **config}
        self.plans: list[ChannelPlan] = []
        self.backend = ChirpstackMqttBackend(
            ChirpstackMqttConfig(**keys),
            eui,
            self.client,
            "1.2.3",
            unix_time_s=lambda: UNIX_TIME_S,
            on_configuration=self.plans.append,
        )
        self.fates: list[tuple[int, bool]] = []
        self.backend.on_fate = lambda keys, delivered: self.fates.extend((key, delivered) for key in keys)
        self.requests: list[Downlink] = []
        self.receipts: list[TxReceipt] = []

    def deliver(self, downlink: Downlink) -> TxReceipt:
        """The next receipt; without one, acceptance by an emission that nobody has told the end of yet."""
        self.requests.append(downlink)
        number = len(self.requests)
        return self.receipts.pop(0) if self.receipts else TxReceipt(TxStatus.OK, emission=(number, 1000 * number))

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Gateway"]:
        """It is connected as long as this lasts, and then stopped in an orderly way."""
        async with self.started():
            await until(lambda: self.backend.counters.connected)
            yield self

    @contextlib.asynccontextmanager
    async def started(self) -> AsyncIterator["Gateway"]:
        """It runs, connected or not."""
        task = asyncio.create_task(self.backend.run(self.deliver))
        await asyncio.sleep(0)
        try:
            yield self
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()


class Server:
    """A ChirpStack end: what it heard on event topics and on state/conn, in order."""

    def __init__(self, city: City) -> None:
        self.client = Broker(city.settings(SERVER), pause=lambda _failures: 0.05)
        self.heard: list[Received] = []
        self._is_ready = False
        for topic_filter in ("eu868/gateway/+/event/+", "eu868/gateway/+/state/conn"):
            self.client.subscribe(topic_filter, self.heard.append)
        self.client.subscribe(READY, self._ready)

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Server"]:
        """It listens as long as this lasts."""
        task = asyncio.create_task(self.client.run())
        try:
            await until(lambda: self.client.state.connected)
            # When this comes back, all that was asked for is granted.
            assert await self.client.publish(READY, b"") is Fate.ACCEPTED
            await until(lambda: self._is_ready)
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task})

    def _ready(self, _message: Received) -> None:
        self._is_ready = True

    def kinds(self) -> list[str]:
        """The last parts of the topics: up, stats, ack, exec, conn."""
        return [message.topic.rpartition("/")[2] for message in self.heard]

    def all_of(self, kind: str, shape: type[Shape]) -> list[Shape]:
        """Every message of a kind."""
        return [decode(each.payload, shape) for each in self.heard if each.topic.endswith(f"/{kind}")]

    @property
    def states(self) -> list[int]:
        """Every state that was told."""
        return [state.state for state in self.all_of("conn", gw.ConnState)]

    @property
    def acks(self) -> list[tuple[int, list[str]]]:
        """Every answer to a downlink, with the names of its statuses."""
        return [
            (ack.downlink_id, [gw.TxAckStatus(each.status).name for each in ack.items])
            for ack in self.all_of("ack", gw.DownlinkTxAck)
        ]

    def command(self, kind: str, payload: bytes, gateway_id: str = GATEWAY_ID) -> None:
        """Ask a gateway for something."""
        self.client.publish(f"eu868/gateway/{gateway_id}/command/{kind}", payload)

    def ask(self, *items: gw.DownlinkFrameItem, downlink_id: int = 7) -> None:
        """Ask the gateway for a downlink."""
        self.command("down", encode(gw.DownlinkFrame(downlink_id, items, GATEWAY_ID)))

    async def until(self, condition: Callable[["Server"], bool]) -> None:
        """Wait for what was heard."""
        await until(lambda: condition(self))
