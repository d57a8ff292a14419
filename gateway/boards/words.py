"""What the board commands say, in French and in English."""

from collections.abc import Mapping

import msgspec

from gateway.boards.trial import Outcome
from gateway.language import Language
from radio.gpio import LineFault


class Words(msgspec.Struct, frozen=True):
    """The sentences of one language; names in braces are filled in."""

    first_look: str
    reset: str
    power: str
    untouched: str
    outcomes: Mapping[Outcome, str]
    bus_pin: str
    pin_in_use: str
    faults: Mapping[LineFault, str]
    bus_faults: Mapping[LineFault, str]
    no_device: str
    in_use: str
    occupied: str
    unseen: str
    found: str
    found_without_line: str
    with_reset: str
    with_power: str
    one_board: str
    several_boards: str
    no_board: str
    not_found: str
    unknown_board: str
    nearest: str
    see_list: str
    facts: Mapping[str, str]
    yes: str
    no: str
    unknown: str
    not_supported: str
    sources: str
    not_sourced: str
    calibration: str
    of_ublox: str
    not_of_ublox: str


_ENGLISH = Words(
    first_look="no line driven",
    reset="reset {pin}",
    power="power {pin}",
    untouched="a chip answers (0x{version:02X})",
    outcomes={
        Outcome.ANSWERS: "a chip answers (0x{version:02X}), but these lines do not reset it",
        Outcome.RESET: "a chip answers (0x{version:02X}), and this line resets it",
        Outcome.SILENT: "no answer (0x{version:02X})",
        Outcome.STRANGE: "version 0x{version:02X}, but no known model: {reason}",
        Outcome.BUS_FAULT: "{reason}",
    },
    bus_pin="not tried: pin {pin} is {reason}",
    pin_in_use="not tried: pin {pin} belongs to a bus (SPI, I²C, UART or PWM)",
    faults={
        LineFault.NOT_INSTALLED: "RPi.GPIO is not installed: sudo apt install python3-rpi-lgpio",
        LineFault.NO_HARDWARE: "this computer has no GPIO lines: it is no Raspberry Pi",
        LineFault.NOT_ALLOWED: "the GPIO lines may not be used: run this with sudo",
        LineFault.HELD: "left alone: another program holds line {pin} (gpioinfo says which)",
        LineFault.OTHER_MODE: "another part of this program counts pins differently",
        LineFault.NO_SUCH_PIN: "this computer has no line {pin}",
        LineFault.FAILED: "line {pin} cannot be driven: {reason}",
    },
    bus_faults={
        LineFault.NOT_INSTALLED: "spidev is not installed: sudo apt install python3-spidev",
        LineFault.NOT_ALLOWED: "this device may not be opened: run this with sudo",
    },
    no_device="There is no SPI device (/dev/spidev*). Enable SPI: sudo raspi-config, Interface Options, SPI. Then "
    "reboot, and try again.",
    in_use="A gateway is at work with this board. Stop it first (sudo systemctl stop candelabre), then try again.",
    occupied="{device} is in use by {program} (process {pid}). Stop that program first, then try again.",
    unseen="It cannot be seen whether a gateway is at work. Run this with sudo.",
    found="Found: {model}, EUI {eui}, on {device}, {lines}.",
    found_without_line="Found: {model}, EUI {eui}, on {device}; no reset line of the catalogue resets it. Look in the "
    "board's documentation for its line, and set radio.reset_pin.",
    with_reset="reset line {pin}",
    with_power="power line {pin}",
    one_board="This is the only board of the catalogue that fits. Write in gateway.toml, under [radio]:",
    several_boards="These boards fit. Compare with yours, and write its line in gateway.toml, under [radio]:",
    no_board="No board of the catalogue has this chip on these lines. Write in gateway.toml, under [radio]:",
    not_found="No SX1302 or SX1303 answers. Check that the board sits firmly on its header and that SPI is enabled; a "
    "board that is not in the catalogue (candelabre board list) needs its reset line from its own documentation.",
    unknown_board="There is no board {name} in the catalogue.",
    nearest="Did you mean {names}?",
    see_list="candelabre board list shows them all.",
    facts={
        "maker": "maker",
        "chips": "chip",
        "radios": "radios",
        "bus": "SPI device",
        "speed_hz": "SPI clock",
        "reset_pin": "reset line",
        "power_pin": "power line",
        "clock_source": "clock from chain",
        "full_duplex": "full duplex",
        "temperature_sensor": "temperature sensor",
        "gnss_port": "GNSS receiver",
        "recognise": "how to tell it",
    },
    yes="yes",
    no="no",
    unknown="none known",
    not_supported="not supported yet",
    sources="Sources:",
    not_sourced="Without a source, or left out:",
    calibration="Calibration for {regions}: RSSI offset {offset} dB, power {least} to {most} dBm ({source})",
    of_ublox="{port}, of u-blox",
    not_of_ublox="{port}, not of u-blox",
)

_FRENCH = Words(
    first_look="sans toucher aux lignes",
    reset="reset {pin}",
    power="alimentation {pin}",
    untouched="une puce répond (0x{version:02X})",
    outcomes={
        Outcome.ANSWERS: "une puce répond (0x{version:02X}), mais pas grâce à ces lignes",
        Outcome.RESET: "une puce répond (0x{version:02X}), et cette ligne la réinitialise",
        Outcome.SILENT: "pas de réponse (0x{version:02X})",
        Outcome.STRANGE: "version 0x{version:02X}, mais modèle inconnu : {reason}",
        Outcome.BUS_FAULT: "{reason}",
    },
    bus_pin="non essayé : la broche {pin} est {reason}",
    pin_in_use="non essayé : la broche {pin} sert à un bus (SPI, I²C, UART ou PWM)",
    faults={
        LineFault.NOT_INSTALLED: "RPi.GPIO n'est pas installé : sudo apt install python3-rpi-lgpio",
        LineFault.NO_HARDWARE: "cette machine n'a pas de lignes GPIO : ce n'est pas un Raspberry Pi",
        LineFault.NOT_ALLOWED: "accès aux lignes GPIO refusé : relancez avec sudo",
        LineFault.HELD: "laissée : un autre programme tient la ligne {pin} (gpioinfo dit lequel)",
        LineFault.OTHER_MODE: "une autre partie de ce programme numérote les broches autrement",
        LineFault.NO_SUCH_PIN: "cette machine n'a pas de ligne {pin}",
        LineFault.FAILED: "la ligne {pin} ne se laisse pas piloter : {reason}",
    },
    bus_faults={
        LineFault.NOT_INSTALLED: "spidev n'est pas installé : sudo apt install python3-spidev",
        LineFault.NOT_ALLOWED: "accès à ce périphérique refusé : relancez avec sudo",
    },
    no_device="Il n'y a aucun périphérique SPI (/dev/spidev*). Activez le SPI : sudo raspi-config, "
    "Interface Options, SPI. Puis redémarrez, et recommencez.",
    in_use="Une passerelle est en train d'utiliser cette carte. Arrêtez-la d'abord (sudo systemctl stop candelabre), "
    "puis recommencez.",
    occupied="{device} est utilisé par {program} (processus {pid}). Arrêtez d'abord ce programme, puis recommencez.",
    unseen="Impossible de voir si une passerelle est au travail. Relancez avec sudo.",
    found="Trouvé : {model}, EUI {eui}, sur {device}, {lines}.",
    found_without_line="Trouvé : {model}, EUI {eui}, sur {device} ; aucune ligne du "
    "catalogue ne le réinitialise. Cherchez sa ligne de reset dans la notice de la carte, et indiquez "
    "radio.reset_pin.",
    with_reset="ligne de reset {pin}",
    with_power="ligne d'alimentation {pin}",
    one_board="C'est la seule carte du catalogue qui corresponde. Écrivez dans gateway.toml, sous [radio] :",
    several_boards="Ces cartes correspondent. Comparez avec la vôtre, et écrivez sa ligne dans gateway.toml, sous "
    "[radio] :",
    no_board="Aucune carte du catalogue n'a cette puce sur ces lignes. Écrivez dans gateway.toml, sous [radio] :",
    not_found="Aucune puce SX1302 ou SX1303 ne répond. Vérifiez que la carte est bien enfoncée sur son connecteur et "
    "que le SPI est activé ; pour une carte absente du catalogue (candelabre board list), cherchez "
    "la ligne de reset dans sa notice.",
    unknown_board="Il n'y a pas de carte {name} dans le catalogue.",
    nearest="Vouliez-vous dire {names} ?",
    see_list="candelabre board list les montre toutes.",
    facts={
        "maker": "fabricant",
        "chips": "puce",
        "radios": "radios",
        "bus": "périphérique SPI",
        "speed_hz": "horloge SPI",
        "reset_pin": "ligne de reset",
        "power_pin": "ligne d'alimentation",
        "clock_source": "horloge de la chaîne",
        "full_duplex": "duplex intégral",
        "temperature_sensor": "sonde de température",
        "gnss_port": "récepteur GNSS",
        "recognise": "à quoi la reconnaître",
    },
    yes="oui",
    no="non",
    unknown="rien de connu",
    not_supported="pas encore pris en charge",
    sources="Sources :",
    not_sourced="Sans source, ou laissé de côté :",
    calibration="Étalonnage pour {regions} : décalage du RSSI {offset} dB, puissance de {least} à "
    "{most} dBm ({source})",
    of_ublox="{port}, de u-blox",
    not_of_ublox="{port}, d'une autre marque que u-blox",
)

WORDS: Mapping[Language, Words] = {"en": _ENGLISH, "fr": _FRENCH}
