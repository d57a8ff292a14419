"""gateway.toml → Config, every mistake reported at once."""

from gateway.config.loader import Config, load_config, parse_config
from gateway.config.problems import ConfigError, Problem

__all__ = ["Config", "ConfigError", "Problem", "load_config", "parse_config"]
