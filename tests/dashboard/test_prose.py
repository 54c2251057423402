"""Markdown in a growing text: its characters stay, however it comes, and a log stays a log."""

from __future__ import annotations

from headway.dashboard.columns import Tone
from headway.dashboard.prose import LOOKED_AT, Prose
from hypothesis import given
from hypothesis import strategies as st

SAID = """Reading the studies
# Heat pumps in old houses
**In short.** They work, see `pumps.csv`.
- one of two
  2. the other
```python
# no heading
**not bold**
```
after **half"""


def toned(text: str) -> list[tuple[tuple[str, Tone], ...]]:
    lines = text.split("\n")
    prose = Prose()
    prose.follow(lines.__getitem__, len(lines))
    return [prose.spans(index, line) for index, line in enumerate(lines)]


def test_marks_stay_and_what_they_mean_is_shown() -> None:
    plain, heading, short, item, number, fence, comment, bold, end, half = toned(SAID)
    assert plain == (("Reading the studies", Tone.PLAIN),)
    assert heading == (("# ", Tone.FAINT), ("Heat pumps in old houses", Tone.HEADING))
    assert short[:3] == (("**", Tone.FAINT), ("In short.", Tone.STRONG), ("**", Tone.FAINT))
    assert ("pumps.csv", Tone.CODE) in short
    assert item == (("- ", Tone.ACCENT), ("one of two", Tone.PLAIN))
    assert number == (("  2. ", Tone.ACCENT), ("the other", Tone.PLAIN))
    assert fence == (("```python", Tone.FAINT),)
    assert comment == (("# no heading", Tone.CODE),)
    assert bold == (("**not bold**", Tone.CODE),)
    assert end == (("```", Tone.FAINT),)
    assert half == (("after **half", Tone.PLAIN),)


def test_a_log_stays_a_log() -> None:
    log = "# comment\n# another\nGET /a 200\nrm *.tmp **/*.pyc\n"
    assert {tone for line in toned(log) for _, tone in line} == {Tone.PLAIN}


def test_of_very_many_lines_that_come_together_the_newest_say_what_the_text_is() -> None:
    log = ["GET /a 200"] * LOOKED_AT
    assert toned("\n".join([*log, "# head", "**bold**"]))[-1] != (("**bold**", Tone.PLAIN),)
    assert toned("\n".join(["# head", "**bold**", *log]))[1] == (("**bold**", Tone.PLAIN),)


lines = st.lists(
    st.sampled_from(["", "plain", "# head", "**bold** word", "`code`", "- item", "```", "~~~", "  ``` x"]), max_size=30
)


@given(lines, st.data())
def test_however_it_comes_it_ends_the_same(said: list[str], data: st.DataObject) -> None:
    """Lines come one by one or many at once, the last one letter by letter."""
    prose, shown = Prose(), 0
    while shown < len(said):
        shown = data.draw(st.integers(shown + 1, len(said)))
        cut = data.draw(st.integers(0, len(said[shown - 1])))
        half = [*said[: shown - 1], said[shown - 1][:cut]]
        prose.follow(half.__getitem__, shown)
        prose.follow(said.__getitem__, shown)
    whole = Prose()
    whole.follow(said.__getitem__, len(said))
    if whole.is_markdown:
        assert [prose.spans(n, line) for n, line in enumerate(said)] == [
            whole.spans(n, line) for n, line in enumerate(said)
        ]
    for n, line in enumerate(said):
        assert "".join(text for text, _ in prose.spans(n, line)) == line


@given(lines, st.integers(0, 30))
def test_what_goes_from_the_head_changes_nothing_below(said: list[str], gone: int) -> None:
    whole, cut = Prose(), Prose()
    whole.follow(said.__getitem__, len(said))
    cut.follow(said.__getitem__, len(said))
    gone = min(gone, len(said))
    rest = said[gone:]
    cut.follow(rest.__getitem__, len(rest), gone)
    assert [cut.spans(n, line) for n, line in enumerate(rest)] == [
        whole.spans(gone + n, line) for n, line in enumerate(rest)
    ]
