"""The picture of docs/performance.md: seconds beside the peers, and how time grows; for light and for dark pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from reached import best_peer

Parts = Mapping[str, Mapping[str, Any]]

SHADES = {
    "light": {
        "ground": "#ffffff",
        "ink": "#1f2328",
        "faint": "#656d76",
        "line": "#d0d7de",
        "us": "#0969da",
        "peer": "#afb8c1",
    },
    "dark": {
        "ground": "#0d1117",
        "ink": "#e6edf3",
        "faint": "#8d96a0",
        "line": "#30363d",
        "us": "#4493f8",
        "peer": "#59626d",
    },
}
SYSTEMS = {"polars": "Polars by hand", "duckdb": "DuckDB by hand", "clickhouse": "ClickHouse by hand"}
ASKED = {"twenty": "Twenty rules", "one": "One rule"}
LEADS = {"number": "number leads", "uuid": "UUID leads"}


def draw(parts: Parts, shade: str, target: Path) -> None:
    """Writes the picture as SVG, the same bytes for the same figures."""
    colours = SHADES[shade]
    cases = [(ids, case) for ids in ("number", "uuid") if ids in parts for case in _largest(parts[ids])]
    grows = "scaling" in parts
    lines = (len(cases) + 1) // 2 + grows
    # Text stays text: it can be read, searched, and checked.
    style = {"svg.fonttype": "none", "svg.hashsalt": "mqlrules", "font.family": "sans-serif", "font.size": 9}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(9.2, 0.3 + 2.1 * max(1, lines)), layout="constrained", facecolor=colours["ground"])
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)  # type: ignore[union-attr]
        axes = figure.subplots(max(1, lines), 2, squeeze=False)
        for place, (ids, case) in zip(axes.flat, cases, strict=False):
            _bars(place, ids, case, colours)
        used = len(cases) + len(cases) % 2
        for place in axes.flat[len(cases) : used]:
            place.axis("off")
        if grows:
            _by_events(axes.flat[used], parts["scaling"], colours)
            _by_rules(axes.flat[used + 1], parts["scaling"], colours)
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})


def _largest(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    largest = max(case["events"] for case in part["cases"])
    return [case for case in part["cases"] if case["events"] == largest]


def _bars(axes: Axes, ids: str, case: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    """One bar a system, its quicker way; a line where a bare read ends."""
    shown = []
    if "seconds" in case["sides"][0]:
        shown.append(("mqlrules", case["sides"][0]["seconds"], colours["us"]))
    for system, name in SYSTEMS.items():
        side = best_peer([side for side in case["sides"] if side["side"].startswith(system)])
        if side is not None:
            shown.append((name, side["seconds"], colours["peer"]))
    shown.reverse()
    bars = axes.barh([name for name, *_ in shown], [value for _, value, _ in shown], height=0.62)
    for bar, (_, value, colour) in zip(bars, shown, strict=True):
        bar.set_color(colour)
        text = f"{value:.1f} s" if value >= 1 else f"{value:.2f} s"
        axes.annotate(text, (value, bar.get_y() + bar.get_height() / 2), (4, 0), textcoords="offset points",
                      va="center", color=colours["ink"])  # fmt: skip
    most = max((value for _, value, _ in shown), default=1)
    axes.set_xlim(0, most * 1.18)
    bare = next((side for side in case["sides"] if side["side"] == "pyarrow: read" and "seconds" in side), None)
    if bare is not None:
        axes.axvline(bare["seconds"], color=colours["faint"], linewidth=1, linestyle=(0, (3, 2)))
        axes.annotate("bare read", (bare["seconds"], 1), (3, -2), xycoords=("data", "axes fraction"),
                      textcoords="offset points", va="top", color=colours["faint"], fontsize=7.5)  # fmt: skip
    axes.set_ylim(-0.5, len(shown) - 0.15)
    _plain(axes, f"{ASKED[case['question']]}, {case['events'] / 1e6:g} million events, {LEADS[ids]}", colours)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False, labelcolor=colours["ink"])


def _by_events(axes: Axes, part: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    sides = [side for side in part["events"] if "seconds" in side]
    points = [(int(side["side"]) / 1e6, side["seconds"]) for side in sides]
    _line(axes, points, "Seconds by millions of events, twenty rules", colours)


def _by_rules(axes: Axes, part: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    points = [(int(side["side"]), side["seconds"]) for side in part["rules"] if "seconds" in side]
    _line(axes, points, f"Seconds by number of rules, {part['base'] / 1e6:g} million events", colours)


def _line(axes: Axes, points: Sequence[tuple[float, float]], title: str, colours: Mapping[str, str]) -> None:
    across, up = [x for x, _ in points], [y for _, y in points]
    axes.plot(across, up, color=colours["us"], linewidth=2, marker="o", markersize=5)
    for x, y in points[-1:]:
        text = f"{y:.1f} s" if y >= 1 else f"{y:.2f} s"
        axes.annotate(text, (x, y), (0, 6), textcoords="offset points", ha="right", va="bottom", color=colours["ink"])
    axes.set_xlim(0, max(across, default=1) * 1.04)
    axes.set_ylim(0, max(up, default=1) * 1.2)
    axes.set_xticks([x for k, x in enumerate(across) if k == 0 or x - across[k - 1] > 0.04 * max(across)])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.grid(True, color=colours["line"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.locator_params(axis="y", nbins=4)
    _plain(axes, title, colours)
    axes.tick_params(left=False, bottom=False, labelcolor=colours["faint"])


def _plain(axes: Axes, title: str, colours: Mapping[str, str]) -> None:
    axes.set_facecolor(colours["ground"])
    axes.set_title(title, loc="left", fontsize=9.5, color=colours["ink"])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours["line"])
