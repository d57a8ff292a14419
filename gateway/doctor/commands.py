"""What is typed next, for those faults that a command mends or narrows down. It is the same in every language."""

import shlex
from collections.abc import Mapping

from gateway.doctor.fault import Fault
from gateway.doctor.result import Facts

_DETECT = "sudo candelabre board detect"
_RESTART = "sudo systemctl restart candelabre"
_JOURNAL = "sudo journalctl -u candelabre -n 50 --no-pager"

COMMANDS: Mapping[Fault, str] = {
    Fault.CONFIGURATION_MISSING: "sudo candelabre setup",
    Fault.CONFIGURATION_FORBIDDEN: "sudo candelabre doctor --config {path}",
    Fault.CONFIGURATION_WRONG: "sudoedit {path}",
    Fault.PYTHON_TOO_OLD: "python3 --version",
    Fault.PI_PACKAGE_MISSING: "sudo apt install {debian}",
    Fault.SPI_OFF: "sudo raspi-config nonint do_spi 0 && sudo reboot",
    Fault.SPI_NEEDS_REBOOT: "sudo reboot",
    Fault.SPI_OTHER_DEVICE: _DETECT,
    Fault.SIMULATOR_ABSENT: "candelabre simulator --socket {path}",
    Fault.DEVICE_FORBIDDEN: "sudo usermod -aG {group} {user}",
    Fault.STATE_FORBIDDEN: "sudo chown -R {user}: {path}",
    Fault.RESET_PIN_UNKNOWN: _DETECT,
    Fault.GPIO_BUSY: "sudo gpioinfo | grep -w -E 'GPIO{pin}|line +{pin}'",
    Fault.GPIO_NO_SUCH_LINE: "candelabre board list",
    Fault.GPIO_WRONG_LIBRARY: "sudo apt install python3-rpi-lgpio",
    Fault.GPIO_FORBIDDEN: "sudo usermod -aG gpio {user}",
    Fault.GPIO_FAILS: "candelabre board list",
    Fault.RESET_WITHOUT_EFFECT: _DETECT,
    Fault.CHIP_VERSION_FF: _DETECT,
    Fault.FIRMWARE_MISSING: "sudo candelabre firmware import sx1302_hal-2.1.0.tar.gz",
    Fault.FIRMWARE_UNKNOWN: "sudo candelabre firmware import sx1302_hal-2.1.0.tar.gz",
    Fault.I2C_OFF: "sudo raspi-config nonint do_i2c 0 && sudo reboot",
    Fault.SENSOR_SILENT: "sudo i2cdetect -y {bus}",
    Fault.RADIO_LOST: _JOURNAL,
    Fault.GNSS_PORT_ABSENT: "ls -l /dev/serial* /dev/ttyAMA* /dev/ttyS*",
    Fault.GNSS_PORT_BUSY: "sudo fuser -v {port}",
    Fault.CLOCK_NOT_KEPT: "timedatectl",
    Fault.CLOCK_IN_THE_PAST: "sudo timedatectl set-ntp true",
    Fault.DISK_READ_ONLY: "sudo dmesg | tail -n 20",
    Fault.DISK_FULL: "sudo journalctl --vacuum-size=50M",
    Fault.DISK_NEARLY_FULL: "sudo du -xh / --max-depth=2 | sort -h | tail",
    Fault.MEMORY_SHORT: "ps aux --sort=-rss | head",
    Fault.NAME_SERVER_SILENT: "ping -c 3 9.9.9.9",
    Fault.NAME_UNKNOWN: "getent hosts {host}",
    Fault.SERVER_UNREACHABLE: "ip route",
    Fault.POLICY_UNREADABLE: "candelabre policy check {path}",
    Fault.POLICY_BAD_SIGNATURE: "candelabre policy verify {path} --key {key}",
    Fault.SERVICE_STOPPED: "sudo systemctl enable --now candelabre",
    Fault.SERVICE_FAILED: _JOURNAL,
    Fault.SERVICE_RESTARTS: "sudo journalctl -u candelabre -p warning --since -1h --no-pager",
    Fault.SERVICE_SPEECHLESS: _RESTART,
}

# Several words, which are ours.
_WORDS = {"debian"}


def command_of(fault: Fault, facts: Facts) -> str:
    """What is typed next, empty where there is nothing; names from the configuration are quoted for the shell."""
    words = {name: str(value) if name in _WORDS else shlex.quote(str(value)) for name, value in facts.items()}
    return COMMANDS.get(fault, "").format_map(words)
