"""[supervision]: how far the gateway goes to mend its radio."""

import msgspec


class SupervisionSection(msgspec.Struct, frozen=True):
    """[supervision]: what is allowed once the board's own lines have brought nothing."""

    restart_allowed: bool = True
    reboot_allowed: bool = False
