"""Markdown as drawn lines: links are words, code is not run through a highlighter, images are their names. No Textual.

It is drawn line by line like every other long text, so there is nothing in it that a click could open.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import ClassVar, Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown as MarkdownSource
from rich.markdown import MarkdownElement, TextElement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from headway.dashboard.cells import TAB_WIDTH
from headway.dashboard.columns import Tone

MOST: Final = 16_384
"""Characters of a text that is still drawn as Markdown: it is laid out as a whole."""
MOST_LINES: Final = 1_000
_SIGNS: Final = re.compile(
    r"^#{1,6} \S|^ {0,3}(?:[-*+]|\d{1,3}[.)]) \S|^ {0,3}(?:```|~~~)|^ {0,3}> |^ {0,3}\|.*\|\s*$"
    r"|\*\*[^*\n]+\*\*|\[[^\]\n]+\]\([^)\n]+\)|`[^`\n]+`",
    re.MULTILINE,
)


def looks_like_markdown(text: str) -> bool:
    """Whether a text is small enough for it and has a sign of Markdown."""
    return len(text) <= MOST and text.count("\n") <= MOST_LINES and _SIGNS.search(text) is not None


def markdown_lines(text: str, width: int, tones: Mapping[Tone, Style]) -> list[list[Segment]]:
    """The text's lines, none wider than `width` cells; styles lie on top of those of the widget."""
    accent, faint = _fore(tones[Tone.ACCENT]), _fore(tones[Tone.FAINT])
    heading = accent + Style(bold=True)
    styles = {
        **{f"markdown.h{level}": heading for level in range(1, 8)},
        "markdown.h1.border": faint,
        "markdown.code": accent,
        "markdown.code_block": accent,
        "markdown.block_quote": faint,
        "markdown.list": Style(),
        "markdown.item.bullet": accent,
        "markdown.item.number": accent,
        "markdown.hr": faint,
        "markdown.link": Style(underline=True),
        "markdown.link_url": faint,
        "markdown.table.border": faint,
        "markdown.table.header": heading,
    }
    console = Console(
        width=max(width, 8), theme=Theme(styles), color_system="truecolor", force_terminal=True, file=io.StringIO(),
        legacy_windows=False, emoji=False, markup=False, highlight=False, tab_size=TAB_WIDTH, _environ={},
    )  # fmt: skip
    page = _Page(text, hyperlinks=False)
    lines = console.render_lines(page, console.options, pad=False)
    return [[segment for segment in line if segment.control is None] for line in lines]


def _fore(style: Style) -> Style:
    """The style without its background: that is the widget's business."""
    return Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic)


class _Heading(TextElement):
    """Left, in bold: what it is a heading of is below it."""

    @classmethod
    def create(cls, markdown: MarkdownSource, token: object) -> _Heading:
        return cls(str(getattr(token, "tag", "h1")))

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag
        self.style_name = f"markdown.{tag}"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text
        if self._tag == "h1":
            yield Text("─" * options.max_width, style="markdown.h1.border", overflow="crop", no_wrap=True)


class _Code(TextElement):
    """Code as it was written, set in; never a highlighter that the text names."""

    style_name = "markdown.code_block"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.plain.rstrip("\n").split("\n"):
            yield Text("  " + line, style="markdown.code_block", overflow="fold")


class _Page(MarkdownSource):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **MarkdownSource.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
    }
