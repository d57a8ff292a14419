"""The daemon's process is set up so that its radio thread is not held up."""

import json
import subprocess
import sys

SHOW = """
import gc, json, sys
from gateway.cli import run
run._be_punctual()
print(json.dumps([sys.getswitchinterval(), gc.get_freeze_count(), len(gc.get_objects())]))
"""


def test_threads_take_turns_sooner_and_collections_skip_what_is_loaded() -> None:
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, check=True, text=True).stdout
    switch_s, frozen, others = json.loads(shown)
    assert switch_s <= 0.001
    assert frozen > 10 * others
