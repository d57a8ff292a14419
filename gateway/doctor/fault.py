"""What can be wrong, and how bad that is. Each has its words in `french.py` and `english.py`."""

import enum


class Fault(enum.StrEnum):
    """One fault. The values are what `--json` says; they never change their meaning."""

    # Configuration, Python.
    CONFIGURATION_MISSING = "configuration_missing"
    CONFIGURATION_FORBIDDEN = "configuration_forbidden"
    CONFIGURATION_WRONG = "configuration_wrong"
    PYTHON_TOO_OLD = "python_too_old"
    PACKAGE_MISSING = "package_missing"
    PI_PACKAGE_MISSING = "pi_package_missing"
    # The way to the chip.
    SPI_OFF = "spi_off"
    SPI_NEEDS_REBOOT = "spi_needs_reboot"
    SPI_OTHER_DEVICE = "spi_other_device"
    SPI_FAILS = "spi_fails"
    SIMULATOR_ABSENT = "simulator_absent"
    DEVICE_FORBIDDEN = "device_forbidden"
    STATE_FORBIDDEN = "state_forbidden"
    RESET_PIN_UNKNOWN = "reset_pin_unknown"
    GPIO_BUSY = "gpio_busy"
    GPIO_NO_SUCH_LINE = "gpio_no_such_line"
    GPIO_WRONG_LIBRARY = "gpio_wrong_library"
    GPIO_FORBIDDEN = "gpio_forbidden"
    GPIO_FAILS = "gpio_fails"
    RESET_WITHOUT_EFFECT = "reset_without_effect"
    # The chip and what it carries.
    CHIP_VERSION_00 = "chip_version_00"
    CHIP_VERSION_FF = "chip_version_ff"
    CHIP_VERSION_05 = "chip_version_05"
    CHIP_VERSION_OTHER = "chip_version_other"
    CHIP_MODEL_OTHER = "chip_model_other"
    CHIP_LOSES_WRITES = "chip_loses_writes"
    CHIP_FAILS = "chip_fails"
    RADIO_NOT_IN_STANDBY = "radio_not_in_standby"
    RADIO_NOT_RECEIVING = "radio_not_receiving"
    CALIBRATION_FAILED = "calibration_failed"
    FIRMWARE_MISSING = "firmware_missing"
    FIRMWARE_UNKNOWN = "firmware_unknown"
    FIRMWARE_NOT_TAKEN = "firmware_not_taken"
    MCU_PARITY = "mcu_parity"
    MCU_SILENT = "mcu_silent"
    MCU_OTHER_VERSION = "mcu_other_version"
    I2C_OFF = "i2c_off"
    SENSOR_SILENT = "sensor_silent"
    BOARD_HOT = "board_hot"
    COUNTER_STANDS_STILL = "counter_stands_still"
    RADIO_LOST = "radio_lost"
    ONLY_BAD_CRC = "only_bad_crc"
    # Time.
    GNSS_PORT_ABSENT = "gnss_port_absent"
    GNSS_PORT_BUSY = "gnss_port_busy"
    GNSS_SILENT = "gnss_silent"
    GNSS_GARBLED = "gnss_garbled"
    GNSS_NO_FIX = "gnss_no_fix"
    PPS_ABSENT = "pps_absent"
    CLOCK_NOT_KEPT = "clock_not_kept"
    CLOCK_IN_THE_PAST = "clock_in_the_past"
    # The host.
    DISK_READ_ONLY = "disk_read_only"
    DISK_FULL = "disk_full"
    DISK_NEARLY_FULL = "disk_nearly_full"
    FLASH_WORN_OUT = "flash_worn_out"
    FLASH_WEARING = "flash_wearing"
    MEMORY_SHORT = "memory_short"
    UNDERVOLTAGE_NOW = "undervoltage_now"
    UNDERVOLTAGE_BEFORE = "undervoltage_before"
    THROTTLED_NOW = "throttled_now"
    HOST_HOT = "host_hot"
    # Servers.
    NAME_SERVER_SILENT = "name_server_silent"
    NAME_UNKNOWN = "name_unknown"
    SERVER_REFUSES = "server_refuses"
    SERVER_UNREACHABLE = "server_unreachable"
    SERVER_SILENT = "server_silent"
    UDP_SILENT = "udp_silent"
    UDP_REFUSED = "udp_refused"
    SERVER_DOWN = "server_down"
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid"
    TLS_OTHER_NAME = "tls_other_name"
    TLS_UNKNOWN_AUTHORITY = "tls_unknown_authority"
    TLS_FAILED = "tls_failed"
    CERTIFICATE_WANTED = "certificate_wanted"
    CREDENTIALS_UNREADABLE = "credentials_unreadable"
    OWN_CERTIFICATE_ENDED = "own_certificate_ended"
    OWN_CERTIFICATE_ENDING = "own_certificate_ending"
    SERVER_CERTIFICATE_ENDING = "server_certificate_ending"
    MQTT_BAD_LOGIN = "mqtt_bad_login"
    MQTT_NOT_ALLOWED = "mqtt_not_allowed"
    MQTT_FAILS = "mqtt_fails"
    LNS_REFUSES = "lns_refuses"
    LNS_UNKNOWN_GATEWAY = "lns_unknown_gateway"
    LNS_FAILS = "lns_fails"
    CUPS_REFUSES = "cups_refuses"
    CUPS_FAILS = "cups_fails"
    # Policy, service.
    POLICY_MISSING = "policy_missing"
    POLICY_UNREADABLE = "policy_unreadable"
    POLICY_UNSIGNED = "policy_unsigned"
    POLICY_BAD_SIGNATURE = "policy_bad_signature"
    POLICY_OLDER = "policy_older"
    POLICY_ENDED = "policy_ended"
    POLICY_NOT_YET = "policy_not_yet"
    POLICY_ENDING = "policy_ending"
    HOST_KEY_UNREADABLE = "host_key_unreadable"
    SERVICE_STOPPED = "service_stopped"
    SERVICE_FAILED = "service_failed"
    SERVICE_RESTARTS = "service_restarts"
    SERVICE_SPEECHLESS = "service_speechless"
    # Of doctor itself.
    CHECK_TIMED_OUT = "check_timed_out"
    CHECK_BROKE = "check_broke"


# The gateway works with these, a little less well, or for the time being.
WARNINGS = frozenset(
    {
        Fault.RESET_PIN_UNKNOWN,
        Fault.I2C_OFF,
        Fault.SENSOR_SILENT,
        Fault.BOARD_HOT,
        Fault.ONLY_BAD_CRC,
        Fault.GNSS_NO_FIX,
        Fault.PPS_ABSENT,
        Fault.CLOCK_NOT_KEPT,
        Fault.DISK_NEARLY_FULL,
        Fault.FLASH_WEARING,
        Fault.MEMORY_SHORT,
        Fault.UNDERVOLTAGE_BEFORE,
        Fault.THROTTLED_NOW,
        Fault.HOST_HOT,
        Fault.OWN_CERTIFICATE_ENDING,
        Fault.SERVER_CERTIFICATE_ENDING,
        Fault.POLICY_ENDING,
        Fault.SERVICE_STOPPED,
        Fault.SERVICE_RESTARTS,
        Fault.CHECK_TIMED_OUT,
        Fault.CHECK_BROKE,
    }
)
