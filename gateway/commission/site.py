"""What is true of a site and no program can find out: the keys of site.toml, one line each."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.policy.document import DevAddr, Email, Eui, Phone, Text

DEFAULT_MARGIN_DB = 10.0
"""ChirpStack's `installation_margin`: what its ADR keeps in reserve of each device's signal."""
DEFAULT_LOSS_PERCENT = 5.0
"""From here on Semtech's recommended rate adaptation, as ChirpStack has it, makes devices repeat themselves."""

Role = Literal["installation", "operation", "maintenance", "furniture"]


class SupportTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[support]: the street furniture that carries the gateway (annexe 1, B)."""

    number: Annotated[Text, Meta(title="the number on its plate")]
    address: Annotated[Text, Meta(title="where it stands")]
    owner: Annotated[Text, Meta(title="whose it is")]
    maintenance: Annotated[Text, Meta(title="who maintains it")]
    type: Annotated[Text, Meta(title="what it is")] = "Candélabre"
    agreement: Annotated[Text, Meta(title="of the owner to the work: its reference or date (article 9)")] | None = None
    antenna_height_m: Annotated[float, Meta(ge=0, le=500, title="the antenna, above the ground")] | None = None


class GatewayTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[gateway]: the gateway as a piece of equipment (annexe 1, A)."""

    energy: Annotated[Text, Meta(title="what powers it, and whether day and night")]
    description: Annotated[Text, Meta(title="what it is; made of its configuration, if left out")] | None = None
    owner: Annotated[Text, Meta(title="whose it is; the convention's host, if left out")] | None = None
    maintenance: Annotated[Text, Meta(title="who maintains it; its owner, if left out")] | None = None


class PositionTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[position]: where the antenna is; gateway.toml's position, if left out."""

    latitude_deg: Annotated[float, Meta(ge=-90, le=90)]
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)]
    altitude_m: Annotated[float, Meta(ge=-500, le=9_000)] | None = None


class PhotoTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[photo]]: a photo, by the name of its file."""

    name: Annotated[Text, Meta(title="the file's name")]
    shows: Annotated[Text, Meta(title="what is on it")] | None = None


class PersonTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[person]]: somebody responsible. Personal data: it goes into the sheet, and nowhere else."""

    role: Annotated[Role, Meta(title="for what")]
    name: Annotated[Text, Meta(title="a person or a service")]
    organisation: Annotated[Text, Meta(title="of which party or company")] | None = None
    email: Annotated[Email, Meta(title="where to write")] | None = None
    phone: Annotated[Phone, Meta(title="where to call")] | None = None


Margin = Annotated[float, Meta(ge=0, le=40)]
LossPercent = Annotated[float, Meta(ge=0, le=100)]


class AcceptanceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[acceptance]: how good the signal of the test devices must be."""

    least_margin_db: Annotated[Margin, Meta(title="the median signal, above the least that can be received")] = (
        DEFAULT_MARGIN_DB
    )
    most_loss_percent: Annotated[LossPercent, Meta(title="uplinks not heard, of all that were sent")] = (
        DEFAULT_LOSS_PERCENT
    )


class SurveyedDeviceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[test_device]]: a device that has to be heard during the survey."""

    name: Annotated[Text, Meta(title="what it is called in the sheet")]
    place: Annotated[Text, Meta(title="where it stands during the survey")] | None = None
    dev_eui: Annotated[Eui, Meta(title="the device, by its DevEUI")] | None = None
    dev_addr: Annotated[DevAddr, Meta(title="the device, by its DevAddr: one of the two")] | None = None
    least_margin_db: Annotated[Margin, Meta(title="in the place of [acceptance]'s")] | None = None
    most_loss_percent: Annotated[LossPercent, Meta(title="in the place of [acceptance]'s")] | None = None


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """site.toml as a whole."""

    candelabre_site: Annotated[Literal[1], Meta(title="the format of this file", description="1")]
    support: SupportTable
    gateway: GatewayTable
    position: PositionTable | None = None
    acceptance: AcceptanceTable = AcceptanceTable()
    photo: tuple[PhotoTable, ...] = ()
    person: tuple[PersonTable, ...] = ()
    test_device: tuple[SurveyedDeviceTable, ...] = ()


class GatewayFacts(msgspec.Struct, frozen=True):
    """What the gateway itself tells for the sheet. `eui` is 16 hexadecimal digits, empty where it is not known."""

    name: str = ""
    eui: str = ""
    region_plan: str = ""
    antenna_gain_dbi: float | None = None
    reset_pin: int | None = None
    servers: tuple[str, ...] = ()
    program: str = ""


class KeptSite(msgspec.Struct, frozen=True):
    """A site and its gateway: what is remembered of a commissioning, and what annexe 1 needs of a sheet."""

    gateway: GatewayFacts
    site: Site
