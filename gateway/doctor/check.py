"""The links of the chain, in the order in which they are examined and shown."""

import enum


class Check(enum.StrEnum):
    """One link. The values are what `--json` says; they never change their meaning."""

    CONFIGURATION = "configuration"
    PYTHON = "python"
    PACKAGES = "packages"
    SPI = "spi"
    PERMISSIONS = "permissions"
    RESET_LINE = "reset_line"
    CHIP = "chip"
    RADIOS = "radios"
    FIRMWARE = "firmware"
    TEMPERATURE = "temperature"
    RECEPTION = "reception"
    GNSS = "gnss"
    PPS = "pps"
    CLOCK = "clock"
    DISK = "disk"
    FLASH = "flash"
    MEMORY = "memory"
    POWER = "power"
    NAMES = "names"
    SERVER = "server"
    CERTIFICATES = "certificates"
    BROKER = "broker"
    POLICY = "policy"
    SERVICE = "service"


class Reason(enum.StrEnum):
    """Why a link was not examined. None of them is a fault."""

    NOT_CONFIGURED = "not_configured"
    NO_CONFIGURATION = "no_configuration"
    SIMULATED = "simulated"
    NOT_FITTED = "not_fitted"
    EARLIER_FAULT = "earlier_fault"
    EFFECT_UNKNOWN = "effect_unknown"
    SERVICE_SAYS_NOTHING = "service_says_nothing"
    NOT_THERE = "not_there"
    NOT_ALLOWED = "not_allowed"
    NOTHING_THERE = "nothing_there"
    ADDRESSES_ONLY = "addresses_only"
