"""The report as one page of HTML that stands alone: the Markdown report, then every cause with its path, then the
layouts of the types that the hot path touches.

No script and nothing from elsewhere: it opens from a build server's artifacts, in light and in dark.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from markdown_it import MarkdownIt

from ringfence.pipeline.report import markdown
from ringfence.pipeline.report.layout_svg import layout_svg
from ringfence.pipeline.report.model import Cause, Finding, Layout, Report, Step
from ringfence.pipeline.report.sentences import (
    counted,
    effects_sentence,
    isolation_sentence,
    loops_sentence,
    split_sentence,
)
from ringfence.pipeline.report.terminal import UNBREAKABLE

_MOST_CAUSES = 500
_MOST_LAYOUTS = 60
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #ffffff; --quiet: #667085; --edge: #d5dae3;
  --panel: #f6f7f9; --code: #eef0f4; --h0: #dfe3ea; --h1: #fde9b8; --h2: #fbcb74; --h3: #f59e4a; --h4: #e5673a;
  --pad: #b9c0cc; --error: #c0262d; --warning: #b25e09; --note: #2563a8; --name: #1c2330; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ec; --paper: #14181f; --quiet: #98a2b3; --edge: #333b48;
  --panel: #1c222c; --code: #262d39; --h0: #3a4352; --h1: #5c4a1d; --h2: #7d5a17; --h3: #a3631b; --h4: #c2502b;
  --pad: #4a5362; --error: #ff7b7b; --warning: #f0a94c; --note: #7db4f0; --name: #f5f6f8; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1080px;
  margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.7rem; } h3 { margin-top: 2.2rem; border-bottom: 1px solid var(--edge); padding-bottom: .2rem; }
code, pre, svg text, .path { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: 13px; }
code { background: var(--code); border-radius: 3px; padding: 0 .25em; }
pre { background: var(--panel); border: 1px solid var(--edge); border-radius: 4px; padding: .7rem; overflow: auto; }
pre code { background: none; padding: 0; }
table { border-collapse: collapse; display: block; overflow: auto; }
td, th { border: 1px solid var(--edge); padding: .25rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
details { border: 1px solid var(--edge); border-radius: 4px; margin: .35rem 0; padding: .3rem .7rem; }
details[open] { background: var(--panel); } summary { cursor: pointer; }
.error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); }
.quiet { color: var(--quiet); } .path li { list-style: none; padding-left: 1rem; text-indent: -1rem; }
.path { padding-left: .5rem; } .own { font-weight: 600; } svg.layout { max-width: 100%; height: auto; }
svg .quiet { fill: var(--quiet); font-size: 11px; }
svg .name { fill: var(--name); pointer-events: none; font-size: 11px; }
svg .field { stroke: var(--edge); } svg .heat0 { fill: var(--h0); } svg .heat1 { fill: var(--h1); }
svg .heat2 { fill: var(--h2); } svg .heat3 { fill: var(--h3); } svg .heat4 { fill: var(--h4); }
svg .straddle { stroke: var(--error); stroke-width: 2; } svg .padding { fill: url(#hatch); stroke: none; }
.legend span { display: inline-block; width: 1.2em; height: .9em; vertical-align: -1px; margin: 0 .3em 0 1em;
  border: 1px solid var(--edge); border-radius: 2px; }
"""
_HATCH = (
    '<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs><pattern id="hatch" width="6" '
    'height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" '
    'style="fill:var(--pad)"/></pattern></defs></svg>'
)
_LEGEND = (
    '<p class="legend quiet">Instructions of the hot path that touch a field:'
    + "".join(
        f'<span style="background:var(--h{heat})"></span>{words}'
        for heat, words in enumerate(("none", "few", "some", "many", "most"))
    )
    + '<span style="border:2px solid var(--error)"></span>crosses a line'
    + '<span style="background:repeating-linear-gradient(45deg,var(--pad) 0 2px,transparent 2px 5px)"></span>padding'
    + "</p>"
)


def write(report: Report) -> str:
    """The page; ends in a newline. Without roots it holds the layouts alone."""
    if not report.roots and report.layouts:
        body = "\n".join(["<h2>Layouts</h2>", *_layouts(report.layouts)])
    else:
        heading = ["<h3>Layouts</h3>"] if report.layouts else []
        body = "\n".join([_card(report), *_causes(report), *heading, *_layouts(report.layouts)])
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Performance Audit - ringfence</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{_HATCH}\n{body}\n"
        "</body>\n</html>\n"
    )
    return page.replace(UNBREAKABLE, " ")


def _card(report: Report) -> str:
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown.write(report)))


def _causes(report: Report) -> Iterator[str]:
    if not report.causes:
        return
    told = {finding.fingerprint: finding for finding in report.findings}
    yield "<h3>Findings</h3>"
    for cause in report.causes[:_MOST_CAUSES]:
        yield _cause(cause, told)
    if len(report.causes) > _MOST_CAUSES:
        yield f'<p class="quiet">{counted(len(report.causes) - _MOST_CAUSES, "more cause")} in the JSON report.</p>'


def _cause(cause: Cause, told: Mapping[str, Finding]) -> str:
    """The call with its line, advice and path; below it what else happens there."""
    finding = told[cause.findings[0]]
    where = f"{finding.location.file}:{finding.location.line}" if finding.location else "no line of yours"
    line = f"<pre><code>{escape(finding.source.text)}</code></pre>" if finding.source else ""
    help_ = f"<p>{_prose(finding.help)}</p>" if finding.help else ""
    allowed = f'<p class="quiet">allowed: {escape(finding.suppressed)}</p>' if finding.suppressed else ""
    names = ", ".join(f"{told[name].rule} {name}" for name in cause.findings)
    facts = f"{finding.class_}, {finding.frequency.value}, {loops_sentence(finding)}; {names}"
    others = "".join(f"<p>also {_prose(effects_sentence(each))}</p>" for each in cause.others)
    return (
        f'<details><summary><b class="{cause.level.value}">{" ".join(cause.leading.rules)}</b> {_prose(cause.message)} '
        f'<span class="quiet">{escape(where)}</span></summary>{line}<p class="quiet">{escape(facts)}</p>'
        f'{help_}{others}{allowed}<ul class="path">{"".join(map(_step, finding.path))}</ul></details>'
    )


def _step(step: Step) -> str:
    where = f"{step.file}:{step.line}" if step.file else ""
    kind = ' class="own"' if step.own else ""
    return f'<li{kind}>{escape(step.function)} <span class="quiet">{escape(f"{where} [{step.via}]")}</span></li>'


def _layouts(layouts: Sequence[Layout]) -> Iterator[str]:
    """What crosses a line or shares one with an atomic first, then the most touched."""
    if not layouts:
        return
    yield _LEGEND
    ranked = sorted(layouts, key=lambda each: (-_interest(each), each.type_))
    for layout in ranked[:_MOST_LAYOUTS]:
        yield _layout(layout)
    if len(layouts) > _MOST_LAYOUTS:
        yield f'<p class="quiet">{counted(len(layouts) - _MOST_LAYOUTS, "more type")} in the JSON report.</p>'


def _interest(layout: Layout) -> int:
    shared = sum(not each.holds for each in layout.atomics)
    touched = sum(each.reads + each.writes for field in layout.fields for each in field.accesses)
    return 10_000 * len(layout.straddles) + 10_000 * shared + touched


def _layout(layout: Layout) -> str:
    facts = f"size {layout.size:,}, align {layout.align}, padding {layout.padding:,}"
    atomics = "".join(
        f'<div class="{"note" if each.holds else "error"}">{"✓" if each.holds else "✗"} atomic '
        f"<code>{escape(each.field)}</code> {_prose(isolation_sentence(each))}</div>"
        for each in layout.atomics
    )
    split = f'<div class="warning">{_prose(split_sentence(layout.split))}</div>' if layout.split else ""
    heading = f"<h4><code>{escape(layout.type_)}</code></h4>"
    return f'{heading}\n<p class="quiet">{facts}</p>{atomics}{split}\n{layout_svg(layout)}'


def _prose(text: str) -> str:
    """A sentence with code between backticks."""
    parts = escape(text.replace(UNBREAKABLE, " ")).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
