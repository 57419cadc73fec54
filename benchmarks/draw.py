# SPDX-License-Identifier: MIT
"""Draws stored figures as an SVG for the README: the server's CPU time for an echo, as a ratio to the bare epoll loop's, a row a server.

    python3 benchmarks/draw.py benchmarks/results.json benchmarks/echo.svg

Bars are medians, the thin lines reach from the least round to the most. Colours follow the reader's scheme, dark or light."""
import json
import pathlib
import re
import sys
import xml.sax.saxutils

import cases
import peers
import tables

SHOWN = ["echo_50", "echo_1000", "echo_16k", "churn"]
MOST = 2.0  # what is longer is cut; each has its number beside it
LABEL, PANEL, GAP, ROW, TOP = 180, 160, 44, 22, 64

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; fill: #59636e; }
.bar { fill: #8c959f; } .ours { fill: #0969da; } .base { stroke: #59636e; stroke-dasharray: 2 3; } .spread { stroke: #1f2328; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small { fill: #9198a1; } .bar { fill: #6e7681; } .ours { fill: #4493f8; }
  .base { stroke: #9198a1; } .spread { stroke: #e6edf3; }
}"""


def text(x, y, words, of="", anchor="start"):
    return f'<text x="{x:g}" y="{y:g}" class="{of}" text-anchor="{anchor}">{xml.sax.saxutils.escape(words)}</text>'


def plain(label):
    """A label without the marks of Markdown."""
    return re.sub(r"[*`]", "", label)


def bar(x, y, found, ours):
    """One server in one case."""
    middle, least, most = found
    scale = PANEL / MOST

    def at(value):
        return x + min(value, MOST) * scale

    name = "ours" if ours else "bar"
    parts = [f'<rect x="{x:g}" y="{y:g}" width="{at(middle) - x:.1f}" height="{ROW - 8}" rx="2" class="{name}"/>',
             f'<line x1="{at(least):.1f}" x2="{at(most):.1f}" y1="{y + ROW / 2 - 4:g}" y2="{y + ROW / 2 - 4:g}" class="spread"/>']
    parts.append(text(x + PANEL + 4, y + ROW - 11, f"{middle:.2f}" if middle < 10 else f"{middle:.1f}", "small"))
    return parts


def draw(results):
    shown = [each for each in cases.named(SHOWN) if each.name in results["cases"]]
    servers = [each for each in peers.PEERS if each.kind == "echo" and any(tables.ratios(results, case.name, each.name) for case in shown)]
    width, height = LABEL + len(shown) * (PANEL + GAP), TOP + len(servers) * ROW + 34
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
             "<title>CPU time of echo servers, as a ratio to a bare epoll loop</title>", f"<style>{STYLE}</style>",
             text(8, 22, "CPU time of the server for an echo, as a ratio to that of a bare epoll loop: less is better")]
    for column, case in enumerate(shown):
        x = LABEL + column * (PANEL + GAP)
        parts.append(text(x, TOP - 14, case.label, "small"))
        base = x + PANEL / MOST
        parts.append(f'<line x1="{base:g}" x2="{base:g}" y1="{TOP - 6}" y2="{TOP + len(servers) * ROW}" class="base"/>')
    for line, peer in enumerate(servers):
        y = TOP + line * ROW
        parts.append(text(8, y + ROW - 10, plain(peer.label)))
        for column, case in enumerate(shown):
            found = tables.ratios(results, case.name, peer.name)
            if found:
                parts += bar(LABEL + column * (PANEL + GAP), y, found, "rill" in peer.name)
    machine = results["machine"]
    parts.append(text(8, height - 10, f"{machine['date']}; {machine['compiler']}; Linux {machine['kernel']}; median, least and most of "
                      f"{results['rounds']} rounds, server and load on one core", "small"))
    return "\n".join(parts + ["</svg>"]) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    stored = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    pathlib.Path(sys.argv[2]).write_text(draw(stored), encoding="utf-8")
