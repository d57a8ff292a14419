"""What is missing on a machine costs its own figures, and no others."""

import json
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.effort import Effort, OwnMeasurement
from bench.figures import Reading
from bench.servers import mosquitto

WEIGHTS = ("rss_mb.start", "rss_mb.after_100k")


def test_without_mosquitto_its_figures_are_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mosquitto, "SEARCHED", str(tmp_path))
    file = tmp_path / "figures.json"
    assert bench.main(["--quick", "--only", "server.chirpstack_mqtt", "--json", str(file)]) == 0
    assert "server.chirpstack_mqtt.rss_mb: not measured, mosquitto is not installed" in capsys.readouterr().out
    assert list(json.loads(file.read_bytes())) == ["about"]


def test_only_what_was_asked_for_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def weigh(_effort: Effort) -> list[Reading]:
        return [Reading(name, 1, "guessed") for name in WEIGHTS]

    monkeypatch.setattr(bench, "selected", lambda _prefix: [OwnMeasurement(WEIGHTS, weigh)])
    assert bench.main(["--quick", "--only", "rss_mb.a"]) == 0
    out = capsys.readouterr().out
    assert "rss_mb.after_100k" in out
    assert "rss_mb.start" not in out


def test_a_name_that_no_figure_has_is_told_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--only", "nonsense"])
    assert "server.all.rss_mb" in capsys.readouterr().err
