"""What can become of a packet under the host's policy: the one list that documents, topics and logs share."""

import enum

import msgspec


class Level(enum.Enum):
    """Whose account an allowance is held against."""

    DEVICE = "device"
    GROUP = "group"
    DEPOSITOR = "depositor"


class Limit(enum.Enum):
    """What an allowance can limit; the value is the outcome's name where it refuses."""

    MIN_INTERVAL = "min_interval"
    RATE = "rate"
    DAILY_UPLINKS = "daily_uplinks"
    DAILY_BYTES = "daily_bytes"
    DAILY_AIRTIME = "daily_airtime"
    JOIN_RATE = "join_rate"
    DOWNLINK_AIRTIME = "downlink_airtime"


class Outcome(enum.Enum):
    """The fate of one packet."""

    ADMITTED = "admitted"
    REPETITION = "repetition"
    UNKNOWN_DEVICE = "unknown_device"
    AMBIGUOUS_DEVICE = "ambiguous_device"
    FORGED = "forged"
    NO_POLICY = "no_policy"
    RIGHT_NOT_BEGUN = "right_not_begun"
    RIGHT_ENDED = "right_ended"
    SUSPENDED = "suspended"
    MIN_INTERVAL = "min_interval"
    RATE = "rate"
    DAILY_UPLINKS = "daily_uplinks"
    DAILY_BYTES = "daily_bytes"
    DAILY_AIRTIME = "daily_airtime"
    JOIN_RATE = "join_rate"
    DOWNLINK_AIRTIME = "downlink_airtime"
    NOT_LORAWAN = "not_lorawan"
    BAD_CRC = "bad_crc"


class Meaning(msgspec.Struct, frozen=True):
    """An outcome in a person's words, in English and French."""

    english: str
    french: str


ADMISSIONS = frozenset({Outcome.ADMITTED, Outcome.REPETITION})

MEANINGS = {
    Outcome.ADMITTED: Meaning("admitted and charged", "admis et compté"),
    Outcome.REPETITION: Meaning(
        "the same frame once more: its airtime is charged, and no further uplink",
        "même trame répétée : son temps d'antenne est compté, sans message de plus",
    ),
    Outcome.UNKNOWN_DEVICE: Meaning("no depositor declared this device", "aucun déposant n'a déclaré cet équipement"),
    Outcome.AMBIGUOUS_DEVICE: Meaning(
        "several devices share this DevAddr, and they do not have the same rights",
        "plusieurs équipements partagent ce DevAddr, sans avoir les mêmes droits",
    ),
    Outcome.FORGED: Meaning(
        "the signature (MIC) is not the device's", "la signature (MIC) n'est pas celle de l'équipement"
    ),
    Outcome.NO_POLICY: Meaning("no valid policy is in force", "aucune politique valide n'est en vigueur"),
    Outcome.RIGHT_NOT_BEGUN: Meaning("the right to use the network has not begun", "le droit d'usage n'a pas commencé"),
    Outcome.RIGHT_ENDED: Meaning("the right to use the network has ended", "le droit d'usage a pris fin"),
    Outcome.SUSPENDED: Meaning("the right to use the network is suspended", "le droit d'usage est suspendu"),
    Outcome.MIN_INTERVAL: Meaning("too soon after the last uplink", "trop tôt après le message précédent"),
    Outcome.RATE: Meaning("more uplinks than the agreed rate", "plus de messages que la cadence convenue"),
    Outcome.DAILY_UPLINKS: Meaning(
        "the agreed uplinks of 24 hours are used up", "le nombre de messages convenu sur 24 heures est épuisé"
    ),
    Outcome.DAILY_BYTES: Meaning(
        "the agreed bytes of 24 hours are used up", "le volume convenu sur 24 heures est épuisé"
    ),
    Outcome.DAILY_AIRTIME: Meaning(
        "the agreed airtime of 24 hours is used up", "le temps d'antenne convenu sur 24 heures est épuisé"
    ),
    Outcome.JOIN_RATE: Meaning(
        "more join requests than agreed in an hour", "plus de demandes d'adhésion que convenu en une heure"
    ),
    Outcome.DOWNLINK_AIRTIME: Meaning(
        "the agreed downlink airtime of 24 hours is used up",
        "le temps d'antenne descendant convenu sur 24 heures est épuisé",
    ),
    Outcome.NOT_LORAWAN: Meaning("not a LoRaWAN frame from a device", "pas une trame LoRaWAN d'un équipement"),
    Outcome.BAD_CRC: Meaning(
        "damaged on the air: nobody's, and charged to nobody", "abîmé en chemin : à personne, et compté à personne"
    ),
}
