"""A QR code as a drawing of the page; the only module that imports segno."""

from gateway.report.markup import Html, element, text

QUIET_MODULES = 4
"""White around the code (ISO/IEC 18004, 5.3.8)."""


def qr_code(content: str, label: str) -> Html:
    """The code of a short text, as an inline SVG that prints at any size; `label` is for readers who cannot see it.

    A quarter of it may be dirty or torn (error correction Q): it hangs outdoors.
    """
    import segno  # noqa: PLC0415 - 10 MB that only this drawing needs

    rows = [bytes(row) for row in segno.make(content, error="q", micro=False).matrix]
    side = len(rows) + 2 * QUIET_MODULES
    lines = "".join(_line(row, y) for y, row in enumerate(rows))
    return element(
        "svg",
        {"class": "qr", "viewBox": f"0 0 {side} {side}", "role": "img", "shape-rendering": "crispEdges"},
        element("title", {}, text(label)),
        element("rect", {"width": side, "height": side, "fill": "#fff"}),
        element("path", {"d": lines, "fill": "#000"}),
    )


def _line(row: bytes, y: int) -> str:
    """The dark runs of one row, as rectangles of a path."""
    drawn, x = "", 0
    while (x := row.find(1, x)) >= 0:
        end = row.find(0, x)
        run = (len(row) if end < 0 else end) - x
        drawn += f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{run}v1h-{run}z"
        x += run
    return drawn
