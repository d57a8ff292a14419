"""ChirpStack's messages as another implementation encodes them, where the reference recordings are present."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from forwarder.chirpstack_mqtt import messages
from forwarder.chirpstack_mqtt.schema import Message

BESIDE_THE_REPO = Path(__file__).parents[4] / "shared"
FILE = Path(os.environ.get("CANDELABRE_SHARED", BESIDE_THE_REPO)) / "protocols" / "gw_proto.json"

RECORDED: dict[str, Any] = json.loads(FILE.read_text()) if FILE.is_file() else {}
needs_recordings = pytest.mark.skipif(not RECORDED, reason=f"no recorded messages in {FILE} (set CANDELABRE_SHARED)")


def recorded_messages() -> list[Any]:
    """One parameter for each recorded message whose kind is known."""
    known = [case for case in RECORDED.get("messages", ()) if hasattr(messages, shape_name(case))]
    return [pytest.param(case, id=case["name"]) for case in known]


def shape_name(case: dict[str, Any]) -> str:
    """The name of a case's message."""
    return str(case["message"].removeprefix("gw."))


def shape_of(case: dict[str, Any]) -> type[Message]:
    """The kind of a case's message."""
    shape: type[Message] = getattr(messages, shape_name(case))
    return shape
