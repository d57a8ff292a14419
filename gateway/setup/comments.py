"""The comments in a gateway.toml that was made from answers, in French and in English."""

from collections.abc import Mapping

import msgspec

from gateway.language import Language


class Comments(msgspec.Struct, frozen=True):
    """One language."""

    head: str
    eui_of_chip: str
    own_eui: str
    board: str
    more: str


COMMENTS: Mapping[Language, Comments] = {
    "en": Comments(
        head="# Candélabre, by `candelabre setup`{date}. After each change:\n"
        "#   candelabre config check /etc/candelabre/gateway.toml\n"
        "# What is not written here has its default.",
        eui_of_chip="Without eui, the one that is burnt into the chip is used.",
        own_eui="The EUI is the chip's own: {eui}",
        board="What the board sets: candelabre config check",
        more="Everything else (antenna gain, GNSS, policy): config/gateway.toml.",
    ),
    "fr": Comments(
        head="# Candélabre, par `candelabre setup`{date}. Après chaque changement :\n"
        "#   candelabre config check /etc/candelabre/gateway.toml\n"
        "# Ce qui n'est pas écrit ici garde sa valeur par défaut.",
        eui_of_chip="Sans eui, c'est celui qui est gravé dans la puce qui sert.",
        own_eui="L'EUI est celui de la puce : {eui}",
        board="Ce que règle la carte : candelabre config check",
        more="Tout le reste (gain d'antenne, GNSS, politique) : config/gateway.toml.",
    ),
}
