"""`report.html`: one file with charts as inline SVG; it asks for nothing from the net and runs no script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from runner.datasets.report import figures
from runner.datasets.report.charting import Style, pygal
from runner.datasets.summary import Summary

_HERE = Path(__file__).parent
_COLOURS = ("#3b6fd4", "#2a9d8f", "#e9a23b", "#d1495b", "#7d5ba6", "#5b8c5a", "#8d99ae", "#c77d3f")
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_NOTES = re.compile(r"<(title|desc)\b[^>]*>.*?</\1>", re.S)
_ANSWERS = (_COLOURS[1], _COLOURS[3], _COLOURS[2], _COLOURS[4])
_LABEL = 40  # characters of a value's name


def _style(colours: tuple[str, ...]) -> Style:
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground="#5b6573",
        foreground_strong="#2b3340",
        foreground_subtle="#c9d0da",
        opacity="1",
        opacity_hover=".85",
        transition="0s",
        colors=colours,
        font_family="system-ui, sans-serif",
        label_font_size=15,
        major_label_font_size=15,
        value_font_size=14,
        value_colors=("#2b3340",) * len(colours),
        legend_font_size=15,
        no_data_font_size=18,
    )


def page(summary: Summary) -> str:
    """The page. Everything that comes from the dataset is escaped."""
    charts = [(name, _bars(name, listed, number)) for number, (name, listed) in enumerate(figures.axes(summary))]
    if summary.lengths:
        charts.append(("Length of a record, in characters", _lengths(summary)))
    if summary.answers:
        charts.append(("What became of the answers", _answers(summary)))
    return _environment().get_template("report.html.j2").render(s=summary, f=figures, charts=charts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _svg(chart: pygal.Graph, name: str) -> Markup:
    """The chart's SVG without script and without the notes for it; screen readers get its name.

    Its id is made of its name, so that the same dataset gives the same page.
    """
    chart.uuid = "chart-" + re.sub(r"[^a-z]+", "-", name.casefold()).strip("-")
    svg = chart.render(is_unicode=True, disable_xml_declaration=True)
    plain = _NOTES.sub("", _SCRIPT.sub("", svg)).replace("<svg ", f'<svg role="img" aria-label="{escape(name)}" ', 1)
    return Markup(plain)  # noqa: S704  # pygal escapes what it is given


def _options(height: int) -> dict[str, object]:
    return {
        "style": _style(_COLOURS),
        "js": (),
        "width": 860,
        "height": height,
        "show_legend": False,
        "margin": 6,
        "explicit_size": False,
        "truncate_label": -1,
        "truncate_legend": -1,
    }


def _short(name: str) -> str:
    return name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"


def _bars(name: str, listed: Sequence[figures.Count], number: int) -> Markup:
    chart = pygal.HorizontalBar(
        **_options(70 + 34 * len(listed)),
        show_x_labels=False,
        show_x_guides=False,
        value_formatter=lambda value: figures.number(value or 0),
    )
    turned = list(reversed(listed))
    chart.x_labels = [f"{_short(count.name)}: {figures.number(count.records)}" for count in turned]
    colour = _COLOURS[number % len(_COLOURS)]
    chart.add(name, [{"value": count.records, "color": colour} for count in turned])
    return _svg(chart, name)


def _lengths(summary: Summary) -> Markup:
    labels = [f"{low:,}\u2013{high:,}" for low, high, _ in summary.lengths]
    chart = pygal.Bar(
        **_options(360),
        show_y_labels=False,
        show_y_guides=False,
        print_values=True,
        print_values_position="top",
        x_label_rotation=30 if len(labels) > 6 else 0,
        value_formatter=lambda value: figures.number(value or 0),
    )
    chart.x_labels = labels
    chart.add("records", [{"value": n, "color": _COLOURS[1]} for *_, n in summary.lengths])
    return _svg(chart, "lengths")


def _answers(summary: Summary) -> Markup:
    options = _options(340) | {"style": _style(_ANSWERS), "show_legend": True, "legend_box_size": 16}
    chart = pygal.Pie(**options, inner_radius=0.6, value_formatter=lambda value: figures.number(value or 0))
    rest = summary.rejected_total - summary.exact_duplicates - summary.near_duplicates
    parts = (
        ("accepted", summary.accepted),
        ("rejected", rest),
        ("exact duplicates", summary.exact_duplicates),
        ("near duplicates", summary.near_duplicates),
    )
    for name, n in parts:
        chart.add(f"{name}: {figures.number(n)}", n)
    return _svg(chart, "answers")
