"""Drawing SVG elements in colours that are readable on light and on dark.

Each colour is a role. Elements carry the light one as an attribute, which every viewer understands; a style sheet, with
the same role as a class, puts the dark one in its place for viewers that ask what their user prefers.
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
    """Draws into an element. Numbers are in pixels; ``fill`` and ``stroke`` are roles."""

    parent: ET.Element

    def group(self, title: str = "", **attributes: object) -> "Pen":
        """A group; its title is what a viewer shows of it under the mouse."""
        return Pen(self._add("g", title, "", "", attributes))

    def rect(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        fill: str = "",
        stroke: str = "",
        title: str = "",
        **more: object,
    ) -> None:
        self._add("rect", title, fill, stroke, {"x": x, "y": y, "width": max(wide, 0), "height": max(high, 0), **more})

    def circle(
        self, x: float, y: float, r: float, fill: str = "", stroke: str = "", title: str = "", **more: object
    ) -> None:
        self._add("circle", title, fill, stroke, {"cx": x, "cy": y, "r": r, **more})

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, **more: object) -> None:
        self._add("line", "", "", stroke, {"x1": x1, "y1": y1, "x2": x2, "y2": y2, **more})

    def path(self, d: str, fill: str = "", stroke: str = "", **more: object) -> None:
        self._add("path", "", fill or "none", stroke, {"d": d, **more})

    def text(
        self, x: float, y: float, words: str, size: float = 12, fill: str = "ink", title: str = "", **more: object
    ) -> None:
        """A line of text; ``anchor`` is where ``x`` lies in it: start, middle or end."""
        anchor = more.pop("anchor", "start")
        if anchor != "start":
            more["text_anchor"] = anchor
        stroke = str(more.pop("stroke", ""))
        made = self._add("text", title, fill, stroke, {"x": x, "y": y, "font_size": size, **more})
        words = isolated(shown(words))
        if len(made):
            made[-1].tail = words
        else:
            made.text = words

    def _add(self, tag: str, title: str, fill: str, stroke: str, attributes: Mapping[str, object]) -> ET.Element:
        made = ET.SubElement(self.parent, tag)
        classes = []
        for property, role in (("fill", fill), ("stroke", stroke)):
            if role in ROLES:
                made.set(property, ROLES[role][0])
                classes.append(f"{property[0]}-{role}")
            elif role:
                made.set(property, role)
        if classes:
            made.set("class", " ".join(classes))
        for name, value in attributes.items():
            made.set(name.replace("_", "-"), number(value) if isinstance(value, float) else str(value))
        if title:
            ET.SubElement(made, "title").text = shown(title)
        return made


def number(value: float) -> str:
    """A number of pixels, to the hundredth: finer than any eye, and short."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
