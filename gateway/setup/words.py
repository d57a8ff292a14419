"""What `candelabre setup` says, in French and in English."""

from collections.abc import Mapping

import msgspec

from gateway.language import Language


class Asked(msgspec.Struct, frozen=True):
    """One question: what is asked, what is said of a wrong answer, and what an empty one means that is no value."""

    asks: str
    objection: str
    nothing: str = ""


class Words(msgspec.Struct, frozen=True):
    """One language; names in braces are filled in."""

    welcome: str
    questions: Mapping[str, Asked]
    boards: str
    other_board: str
    simulator: str
    find_out: str
    choose: str
    nearest: str
    no_such_file: str
    needed: str
    server_types: tuple[str, ...]
    chip_eui: str
    chip_silent: str
    shown: str
    write: str
    replace: str
    yes: str
    yes_letters: str
    no_letters: str
    yes_or_no: str
    written: str
    former: str
    left: str
    exists: str
    cannot_write: str
    with_sudo: str
    no_terminal: str
    testing: str
    not_tested: str
    at_work: str
    to_register: str
    at_server: Mapping[str, str]
    eui_unknown: str
    next_steps: str
    firmware: str
    start: str
    examine: str
    cause: str
    gesture: str
    colon: str


_ENGLISH = Words(
    welcome="A few questions, then {path} is written. Enter takes what stands in brackets; Ctrl-C ends it, and nothing "
    "is written.",
    questions={
        "board": Asked("Board: number or name", "This is no board of the list."),
        "reset_pin": Asked(
            "Reset line of the board (BCM number)",
            "A BCM number from 0 to 53, of a pin that SPI, I²C and the serial port do not use.",
        ),
        "power_pin": Asked(
            "Power line of the board (BCM number)",
            "A BCM number from 0 to 53, of another pin than the reset line, SPI and I²C.",
            "none",
        ),
        "region_plan": Asked(
            "Region plan", "One of EU868, IN865, KR920, AS923, CN490, US915_1 to _8, AU915_1 to _8, CN470_1 to _12."
        ),
        "server.type": Asked("Network server: number", "A number from 1 to 3."),
        "server.host": Asked(
            "Server: host name or address", "A host name or an IP address alone, without port: lns.example.org"
        ),
        "server.uri": Asked(
            "Server: address of the discovery", "wss://HOST:PORT without a path: wss://lns.example.org:8887"
        ),
        "server.port": Asked("Port", "A number from 1 to 65535."),
        "server.prefix": Asked(
            "ChirpStack's topic_prefix of the region", 'As in ChirpStack\'s configuration: eu868. No "+", no "#".'
        ),
        "server.ca_file": Asked("Authority of the server's certificate (file)", "An absolute path.", "the system's"),
        "server.certificate_file": Asked("Certificate of this gateway (file)", "An absolute path.", "none"),
        "server.key_file": Asked(
            "Private key of this gateway (file)", "An absolute path; with Basics Station also credential:NAME."
        ),
        "server.token_file": Asked(
            "Token of this gateway (file, or credential:NAME)", "An absolute path, or credential:NAME.", "none"
        ),
        "name": Asked(
            "Name of the gateway, for people", "1 to 64 letters without accents, digits, hyphens, dots, underscores."
        ),
        "eui": Asked("EUI of the gateway", "16 hexadecimal digits.", "the chip's own"),
    },
    boards="Which board carries the concentrator?",
    other_board="another board",
    simulator="no board: a simulated chip, to try things out",
    find_out="find out",
    choose="Compare with your board, and choose.",
    nearest="Did you mean {names}?",
    no_such_file="There is no file {path}.",
    needed="An answer is needed here.",
    server_types=(
        "Semtech UDP, which every LoRaWAN server speaks (nothing is encrypted)",
        "ChirpStack 4, by its MQTT broker",
        "Basics Station (LNS): The Things Stack, ChirpStack, AWS and others",
    ),
    chip_eui="The chip answers: {model}, EUI {eui}.",
    chip_silent="The chip does not answer now, so that its EUI is not known yet: {reason}",
    shown="This will be written:",
    write="Write {path}?",
    replace="There is a {path} already. Replace it? The former is kept beside it.",
    yes="yes",
    yes_letters="y",
    no_letters="n",
    yes_or_no="y or n.",
    written="{path} is written.",
    former="The former is kept as {path}.",
    left="Nothing is written.",
    exists="{path} is there already. Give --force to replace it: the former is kept beside it.",
    cannot_write="{path} cannot be written: {reason}.",
    with_sudo="Run this with sudo.",
    no_terminal="There is nobody to ask: this is no terminal. Give the answers with --answers FILE.",
    testing="Testing the connection to {server}…",
    not_tested="The connection is not tested: {reason}",
    at_work="a gateway is at work with this board, and has its own. Restart it, then let candelabre doctor look.",
    to_register="To be registered at the network server:",
    at_server={
        "semtech_udp": "Register the gateway under this EUI; its packet forwarder is Semtech's UDP.",
        "chirpstack_mqtt": "Register the gateway under this EUI in ChirpStack; the region is that of the topic_prefix.",
        "basics_station": "Register the gateway under this EUI, of the kind Basics Station (LNS).",
    },
    eui_unknown="the chip's own: candelabre doctor shows it",
    next_steps="Then:",
    firmware="install the chip's firmware images; they are not there yet",
    start="start the service",
    examine="have everything examined",
    cause="Likely: ",
    gesture="Do this: ",
    colon=": ",
)

_FRENCH = Words(
    welcome="Quelques questions, puis {path} sera écrit. Entrée prend ce qui est entre crochets ; Ctrl-C arrête tout, "
    "et rien n'est écrit.",
    questions={
        "board": Asked("Carte : numéro ou nom", "Cette carte n'est pas dans la liste."),
        "reset_pin": Asked(
            "Ligne de reset de la carte (numéro BCM)",
            "Un numéro BCM de 0 à 53, d'une broche que ni SPI, ni I²C, ni le port série n'utilisent.",
        ),
        "power_pin": Asked(
            "Ligne d'alimentation de la carte (numéro BCM)",
            "Un numéro BCM de 0 à 53, d'une autre broche que le reset, SPI et I²C.",
            "aucune",
        ),
        "region_plan": Asked(
            "Plan de fréquences",
            "L'un de EU868, IN865, KR920, AS923, CN490, US915_1 à _8, AU915_1 à _8, CN470_1 à _12.",
        ),
        "server.type": Asked("Serveur réseau : numéro", "Un numéro de 1 à 3."),
        "server.host": Asked(
            "Serveur : nom ou adresse", "Un nom de machine ou une adresse IP, sans le port : lns.exemple.fr"
        ),
        "server.uri": Asked(
            "Serveur : adresse de découverte", "wss://MACHINE:PORT, sans chemin : wss://lns.exemple.fr:8887"
        ),
        "server.port": Asked("Port", "Un nombre de 1 à 65535."),
        "server.prefix": Asked(
            "topic_prefix de la région dans ChirpStack",
            "Comme dans la configuration de ChirpStack : eu868. Ni « + », ni « # ».",
        ),
        "server.ca_file": Asked(
            "Autorité du certificat du serveur (fichier)", "Un chemin absolu.", "celles du système"
        ),
        "server.certificate_file": Asked("Certificat de cette passerelle (fichier)", "Un chemin absolu.", "aucun"),
        "server.key_file": Asked(
            "Clé privée de cette passerelle (fichier)", "Un chemin absolu ; avec Basics Station, aussi credential:NOM."
        ),
        "server.token_file": Asked(
            "Jeton de cette passerelle (fichier, ou credential:NOM)", "Un chemin absolu, ou credential:NOM.", "aucun"
        ),
        "name": Asked(
            "Nom de la passerelle, pour les humains",
            "De 1 à 64 lettres sans accent, chiffres, traits d'union, points ou tirets bas.",
        ),
        "eui": Asked("EUI de la passerelle", "16 chiffres hexadécimaux.", "celui de la puce"),
    },
    boards="Quelle carte porte le concentrateur ?",
    other_board="une autre carte",
    simulator="pas de carte : une puce simulée, pour essayer",
    find_out="chercher",
    choose="Comparez avec votre carte, et choisissez.",
    nearest="Vouliez-vous dire {names} ?",
    no_such_file="Il n'y a pas de fichier {path}.",
    needed="Il faut une réponse ici.",
    server_types=(
        "UDP de Semtech, que parle tout serveur LoRaWAN (rien n'est chiffré)",
        "ChirpStack 4, par son broker MQTT",
        "Basics Station (LNS) : The Things Stack, ChirpStack, AWS et d'autres",
    ),
    chip_eui="La puce répond : {model}, EUI {eui}.",
    chip_silent="La puce ne répond pas pour l'instant, et son EUI n'est donc pas encore connu : {reason}",
    shown="Voici ce qui sera écrit :",
    write="Écrire {path} ?",
    replace="Il y a déjà un {path}. Le remplacer ? L'ancien sera gardé à côté.",
    yes="oui",
    yes_letters="o",
    no_letters="n",
    yes_or_no="o ou n.",
    written="{path} est écrit.",
    former="L'ancien est gardé sous le nom {path}.",
    left="Rien n'est écrit.",
    exists="{path} existe déjà. Donnez --force pour le remplacer : l'ancien sera gardé à côté.",
    cannot_write="{path} ne peut pas être écrit : {reason}.",
    with_sudo="Relancez avec sudo.",
    no_terminal="Il n'y a personne à qui demander : ce n'est pas un terminal. Donnez les réponses avec "
    "--answers FICHIER.",
    testing="Essai de la connexion avec {server}…",
    not_tested="La connexion n'est pas essayée : {reason}",
    at_work="une passerelle utilise cette carte, et a la sienne. Redémarrez-la, puis lancez candelabre doctor.",
    to_register="À déclarer chez le serveur réseau :",
    at_server={
        "semtech_udp": "Déclarez la passerelle sous cet EUI ; son packet forwarder est l'UDP de Semtech.",
        "chirpstack_mqtt": "Déclarez la passerelle sous cet EUI dans ChirpStack ; la région est celle du topic_prefix.",
        "basics_station": "Déclarez la passerelle sous cet EUI, de type Basics Station (LNS).",
    },
    eui_unknown="celui de la puce : candelabre doctor le montre",
    next_steps="Ensuite :",
    firmware="installez le micrologiciel de la puce, qui n'est pas encore là",
    start="démarrez le service",
    examine="faites tout examiner",
    cause="Sans doute : ",
    gesture="À faire : ",
    colon=" : ",
)

WORDS: Mapping[Language, Words] = {"en": _ENGLISH, "fr": _FRENCH}
