"""The drawing of a QR code, read back module by module."""

import re

import segno

from gateway.commission.qr_code import QUIET_MODULES, qr_code

EUI = "AA555A0000000101"


def drawn(content: str) -> list[list[int]]:
    """The modules that the drawing makes dark, without the white around them."""
    markup = qr_code(content, "label")
    (side,) = re.findall(r'viewBox="0 0 (\d+) \1"', markup)
    size = int(side) - 2 * QUIET_MODULES
    modules = [[0] * size for _ in range(size)]
    for x, y, run, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", markup):
        assert run == back
        for column in range(int(x), int(x) + int(run)):
            modules[int(y) - QUIET_MODULES][column - QUIET_MODULES] = 1
    return modules


def test_the_drawing_is_the_code() -> None:
    code = segno.make(EUI, error="q", micro=False)
    assert drawn(EUI) == [list(row) for row in code.matrix]


def test_four_modules_around_it_are_white() -> None:
    drawing = qr_code(EUI, "label")
    (side,) = map(int, re.findall(r'viewBox="0 0 (\d+) \1"', drawing))
    runs = [tuple(map(int, found)) for found in re.findall(r"M(\d+) (\d+)h(\d+)", drawing)]
    assert (min(x for x, _, _ in runs), min(y for _, y, _ in runs)) == (4, 4)
    assert (max(x + run for x, _, run in runs), max(y for _, y, _ in runs)) == (side - 4, side - 5)


def test_another_content_is_another_drawing() -> None:
    assert drawn(EUI) != drawn("AA555A0000000102")


def test_its_label_is_for_those_who_cannot_see_it() -> None:
    assert "<title>EUI &lt;b&gt;</title>" in qr_code(EUI, "EUI <b>")
