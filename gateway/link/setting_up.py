"""The configuration → the evidence and the notices, each as far as it can be had."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from gateway.config import Config, ConfigError
from gateway.link.evidence.gateway_key import open_gateway_key
from gateway.link.evidence.log import EvidenceLog
from gateway.link.evidence.segment_files import log_directory
from gateway.link.messages import eui_text
from gateway.notices.outbox_file import OutboxError
from gateway.notices.recipients import WEBHOOK
from gateway.policy.source.signature import SigningKey, signature_text

if TYPE_CHECKING:
    from gateway.notices.dispatcher import Notifier

_log = structlog.get_logger()


def gateway_key(state_dir: Path) -> SigningKey | None:
    """The gateway's own key; None, and an error in the log, where there can be none: then nothing is proven."""
    try:
        return open_gateway_key(state_dir)
    except ConfigError as error:
        _log.error("no evidence is kept, and no webhook signed: there is no key of the gateway", reason=str(error))
        return None


def evidence_log(state_dir: Path, key: SigningKey | None) -> EvidenceLog | None:
    """The log that the key signs."""
    return None if key is None else EvidenceLog(log_directory(state_dir, key.public.key_id), key)


def notifier(
    config: Config, gateway_eui: int, key: SigningKey | None, unix_time_s: Callable[[], int | None]
) -> "Notifier | None":
    """What tells the depositors' contacts; None where [notices] names no way, or nothing can be kept for it."""
    if config.notices is None:
        return None
    from gateway.notices.dispatcher import Notifier  # noqa: PLC0415 - a gateway without notices saves the memory
    from gateway.notices.setting_up import channels_of, pace_of  # noqa: PLC0415

    def sign(body: bytes) -> str:
        return "" if key is None else signature_text(key.sign(body)).decode().strip()

    eui = eui_text(gateway_eui)
    channels = channels_of(config.notices, eui, sign)
    if key is None:
        channels = {name: channel for name, channel in channels.items() if name != WEBHOOK}
    directory, name = Path(config.gateway.state_dir) / "notices", config.gateway.name or eui
    try:
        return Notifier(directory, channels, name, eui, unix_time_s, pace=pace_of(config.notices))
    except OutboxError as error:
        _log.error("no notices are sent: they cannot be kept", reason=str(error))
        return None
