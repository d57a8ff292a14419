"""What all tests share."""

from hypothesis import settings

# How fast the machine is never decides a test.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
