"""The configuration → the ways to tell."""

from collections.abc import Callable

from gateway.notices.channel import Channel
from gateway.notices.delivery import Pace
from gateway.notices.recipients import EMAIL, WEBHOOK
from gateway.notices.settings import NoticesSettings
from gateway.notices.smtp_channel import SmtpChannel
from gateway.notices.webhook_channel import WebhookChannel


def channels_of(settings: NoticesSettings, gateway_eui: str, sign: Callable[[bytes], str]) -> dict[str, Channel]:
    """The configured channels. `sign` gives the base64 of the gateway's signature."""
    channels: dict[str, Channel] = {}
    if settings.smtp is not None:
        channels[EMAIL] = SmtpChannel(settings.smtp)
    if settings.webhook is not None:
        channels[WEBHOOK] = WebhookChannel(settings.webhook, gateway_eui, sign)
    return channels


def pace_of(settings: NoticesSettings) -> Pace:
    """How often a contact is written to."""
    return Pace(ceiling_per_hour=settings.ceiling_per_hour)
