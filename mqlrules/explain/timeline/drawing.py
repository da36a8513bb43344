"""Drawing SVG elements in colours that are readable on light and on dark backgrounds.

Each colour is a role. Elements carry the light colour as an attribute, which every viewer understands. A style sheet
with a class for each role replaces it by the dark colour in viewers that know what their user prefers.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import attrs

from mqlrules.explain.timeline.text import isolated, shown

ROLES: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#14171c"),
    "ink": ("#1f2328", "#e8ecf1"),
    "soft": ("#57606a", "#a9b3be"),
    "grid": ("#dfe3e8", "#333a43"),
    "lane": ("#f5f7f9", "#1b2027"),
    "stage": ("#3568c9", "#6f9ff5"),
    "out": ("#6b5b95", "#b6a3e6"),
    "move": ("#bf4010", "#ff9a5e"),
    "number": ("#ffffff", "#14171c"),
    "event": ("#6b7680", "#9aa5b1"),
    "score": ("#0f766e", "#45c4b6"),
    "limit": ("#7a3fb5", "#c9a6f5"),
    "member": ("#7b8794", "#8894a3"),
    "window": ("#fbe3d5", "#4b2d1c"),
}
"""Each role's colour on light, and on dark."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

STYLE = "@media (prefers-color-scheme: dark) {{{rules}}}".format(
    rules="".join(f".f-{role}{{fill:{dark}}}.s-{role}{{stroke:{dark}}}" for role, (_, dark) in ROLES.items())
)


@attrs.frozen(eq=False)
class Pen:
    """Draws into an element. Numbers are pixels; ``fill`` and ``stroke`` are roles; ``title`` is shown on hover."""

    parent: ET.Element

    def group(self, title: str = "") -> "Pen":
        """A group of elements."""
        return Pen(self._add("g", title=title))

    def rect(self, x: float, y: float, wide: float, high: float, **more: object) -> None:
        self._add("rect", **{"x": x, "y": y, "width": max(wide, 0), "height": max(high, 0), **more})

    def circle(self, x: float, y: float, r: float, fill: str) -> None:
        self._add("circle", cx=x, cy=y, r=r, fill=fill)

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, **more: object) -> None:
        self._add("line", **{"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": stroke, **more})

    def path(self, d: str, **more: object) -> None:
        self._add("path", **{"d": d, "fill": "none", **more})

    def text(self, x: float, y: float, words: str, size: float = 12, fill: str = "ink", **more: object) -> None:
        """A line of text; ``text_anchor`` says where ``x`` lies in it: start (the default), middle or end."""
        made = self._add("text", **{"x": x, "y": y, "font_size": size, "fill": fill, **more})
        words = isolated(shown(words))
        if len(made):
            made[-1].tail = words
        else:
            made.text = words

    def _add(self, tag: str, **attributes: object) -> ET.Element:
        made = ET.SubElement(self.parent, tag)
        title = attributes.pop("title", "")
        classes = []
        for name, value in attributes.items():
            if name in ("fill", "stroke") and value in ROLES:
                classes.append(f"{name[0]}-{value}")
                value = ROLES[str(value)][0]
            made.set(name.replace("_", "-"), number(value) if isinstance(value, float) else str(value))
        if classes:
            made.set("class", " ".join(classes))
        if title:
            ET.SubElement(made, "title").text = shown(title)
        return made


def number(value: float) -> str:
    """A number of pixels, to the hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
