"""Charts as inline SVG, drawn by matplotlib in the colours of the page: light and dark come from its style sheet."""

import io
import re
from html import escape
from typing import Any

from mqlrules.outcomes.document import Chart

# Colours that stand for the page's variables while matplotlib draws; no chart uses them for anything else.
_VARIABLES = {
    "#010101": "var(--text)",
    "#020202": "var(--soft)",
    "#030303": "var(--line)",
    "#040401": "var(--c1)",
    "#040402": "var(--c2)",
    "#040403": "var(--c3)",
    "#040404": "var(--c4)",
    "#040405": "var(--c5)",
    "#040406": "var(--c6)",
}
_SERIES = [f"#04040{number}" for number in range(1, 7)]
_DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1))]
LABELS_SHOWN = 9


def svg(chart: Chart) -> str:
    """An ``<svg>`` element with a title; text stays text, so that it scales and can be read aloud."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": chart.title, "font.family": "sans-serif", "font.size": 10}
    with rc_context(settings):
        figure = Figure(figsize=(8, 3), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        _draw(chart, axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _embedded(out.getvalue(), chart.title)


def _draw(chart: Chart, axes: Any) -> None:
    places = list(range(len(chart.labels)))
    x = list(chart.labels) if chart.kind == "steps" else places
    bars = len(chart.series)
    for number, (name, values) in enumerate(chart.series.items()):
        colour, dash = _SERIES[number % 6], _DASHES[number % 6]
        y = [float("nan") if value is None else value for value in values]
        if chart.kind == "bars":
            width = 0.8 / bars
            axes.bar(
                [place + (number - (bars - 1) / 2) * width for place in places], y, width, color=colour, label=name
            )
        elif chart.kind == "steps":
            axes.step(x, y, where="post", color=colour, linestyle=dash, label=name)
        else:
            axes.plot(x, y, color=colour, linestyle=dash, marker="o", markersize=3, label=name)
        if name in chart.bounds:
            low, high = ([float("nan") if v is None else v for v in bound] for bound in chart.bounds[name])
            step = "post" if chart.kind == "steps" else None
            axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0, step=step)
    if chart.kind != "steps":
        every = max(1, -(-len(places) // LABELS_SHOWN))
        axes.set_xticks(places[::every], [str(label) for label in chart.labels[::every]])
    if chart.unit:
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} {chart.unit}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(chart.axis, color="#020202")
    axes.tick_params(colors="#020202", length=0)
    axes.grid(axis="y", color="#030303", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    if bars > 1:
        legend = axes.legend(frameon=False, labelcolor="#010101", loc="upper left", bbox_to_anchor=(1, 1))
        legend.set_in_layout(True)


def _embedded(drawn: str, title: str) -> str:
    element = drawn[drawn.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        element = element.replace(colour, variable)
    opening = element.index(">") + 1
    head = element[:opening].replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)
    return f"{head}<title>{escape(title)}</title>{element[opening:]}"
