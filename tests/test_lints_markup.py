"""The markup lint: what it catches, what it lets pass, and that it judges the sources of this repository."""

from __future__ import annotations

import textwrap

import markup_lint
import pytest

CAUGHT = {
    "f-string to a widget": "yield Static(f'{agent} is busy')",
    "name of unknown origin": "yield Label(title)",
    "attribute of unknown origin": "yield Static(self.delegation.task)",
    "percent": "yield Static('%s is busy' % agent)",
    "format": "yield Static('{} is busy'.format(agent))",
    "join": "yield Static(', '.join(agents))",
    "str()": "yield Static(str(error))",
    "addition": "yield Static('agent ' + agent)",
    "one branch of two": "yield Static(agent if agent else 'nobody')",
    "or": "yield Static(agent or 'nobody')",
    "keyword": "yield Button(label=agent)",
    "tooltip of any call": "yield Static('x', tooltip=agent)",
    "markup by a variable": "yield Static('x', markup=flag)",
    "local f-string": "text = f'{agent}!'\nyield Static(text)",
    "local, safe once and unsafe once": "text = 'x'\nif agent:\n    text = agent\nyield Static(text)",
    "local, safe once and a loop's": "text = 'x'\nfor text in agents: pass\nyield Static(text)",
    "added to a local": "text = 'x'\ntext += agent\nyield Static(text)",
    "plain of a Content": "c = Content(agent)\nyield Static(c.plain)",
    "update": "self.update(f'{agent}')",
    "update of a queried widget": "self.query_one('#title', Static).update(agent)",
    "notify": "self.notify(f'sent to {agent}')",
    "notify by keyword": "self.app.notify(message=error)",
    "border_title": "self.border_title = agent",
    "border_subtitle": "panel.border_subtitle = f'{agent}'",
    "tooltip": "self.tooltip = agent",
    "Text.from_markup": "return Text.from_markup(agent)",
    "Content.from_markup of an f-string": "yield Static(Content.from_markup(f'[b]{agent}[/b]'))",
    "Content.from_text": "return Content.from_text(agent)",
    "render_str": "return self.render_str(agent)",
    "an option": "menu.add_option(agent)",
    "options": "yield OptionList('all', agent)",
    "choices": "yield Select([(agent, 1)])",
    "choices of a comprehension": "yield Select((name, name) for name in agents)",
    "Markdown": "yield Markdown()",
    "Markdown that opens links": "yield Markdown(open_links=True)",
    "action": "await self.run_action(f'cancel({task})')",
    "action of a binding": "Binding('x', f'cancel({task})', 'Cancel')",
    "action by keyword": "Thing(action='cancel(%s)' % task)",
    "click in markup": "text = f'[@click=app.open({task})]open[/]'",
    "click in meta": "Style(meta={'@click': f'app.open({task})'})",
}

PASSED = {
    "literal": "yield Static('[b]Agents[/b]')",
    "nothing": "yield Static(id='x')",
    "constant": "yield Static(NO_AGENTS)",
    "Content": "yield Static(Content(agent))",
    "Text": "yield Static(Text(f'{agent} is busy'))",
    "method of a Content": "yield Static(Content(agent).stylize('bold'))",
    "assemble": "yield Static(Content.assemble(agent, (' busy', 'dim')))",
    "variables of a literal": "yield Static(Content.from_markup('[b]$agent[/b]', agent=agent))",
    "markup off": "yield Static(agent, markup=False)",
    "numbers": "yield Static(f'{len(agents)} agents, {load:.1f} busy')",
    "annotated number": "count: int = 1\nyield Static(f'{count} agents')",
    "local Content": "text = Content(agent)\nyield Static(text)",
    "walrus": "yield Static(text := Content(agent))",
    "both branches": "yield Static(Content(agent) if agent else 'nobody')",
    "function of ours": "yield Static(age_cell(delegation))",
    "attribute of ours": "yield Static(self.caption)",
    "property of ours": "yield Static(row.name_cell)",
    "update of a dictionary": "counts: dict[str, int] = {}\ncounts.update(other)",
    "update of a local dictionary": "counts = {}\ncounts.update(other)",
    "update with a display": "self.rows.update({agent: 1})",
    "update of an annotated attribute": "self.seen.update(other)",
    "update with a list": "queue.update([agent, agents])",
    "update of a digest": "digest.update(agent.encode())",
    "notify": "self.notify(f'sent to {agent}', markup=False)",
    "notify of a literal": "self.notify('sent')",
    "border_title": "self.border_title = Content(agent)",
    "border_title of a number": "self.border_title = f'Queued ({len(rows)})'",
    "no title": "self.border_title = None",
    "choices": "yield Select([(Content(agent), agent)])",
    "Markdown": "yield Markdown(open_links=False)",
    "action": "await self.run_action('cancel')",
    "action with parameters": "Style(meta={'@click': ('app.open', (task,))})",
    "binding": "Binding('x', 'cancel', 'Cancel')",
    "own widget with a constructor": "yield AgentLine(agent)",
    "from_text without markup": "return Content.from_text(agent, markup=False)",
}

AROUND = """
class AgentLine(Static):
    def __init__(self, agent: str) -> None:
        super().__init__(Content(agent))

class Row:
    caption: Content | None
    seen: set[str]
    @property
    def name_cell(self) -> Text: ...

def age_cell(delegation) -> Content: ...
"""


def problems(body: str) -> list[str]:
    source = f"{AROUND}\nclass Screen_:\n    def compose(self, agent, agents):\n{textwrap.indent(body, ' ' * 8)}\n"
    return markup_lint.lint({"screen.py": source})


@pytest.mark.parametrize("body", CAUGHT.values(), ids=CAUGHT)
def test_it_catches(body: str) -> None:
    assert problems(body)


@pytest.mark.parametrize("body", PASSED.values(), ids=PASSED)
def test_it_lets_pass(body: str) -> None:
    assert problems(body) == []


@pytest.mark.parametrize(
    "source",
    [
        "class Line(Static):\n    def __init__(self, agent):\n        super().__init__(agent)\n",
        "class Line(Static): pass\nclass Short(Line): pass\ndef make(agent):\n    return Short(agent)\n",
        "class Line(Widget):\n    def render(self):\n        return f'{self.agent}'\n",
        "class Panel(Widget):\n    BORDER_TITLE = make()\n",
        "class Notes(Markdown):\n    def __init__(self, text):\n        super().__init__(text)\n",
    ],
    ids=["own constructor", "subclass of a subclass", "render", "class title", "Markdown"],
)
def test_it_follows_our_own_widgets(source: str) -> None:
    assert markup_lint.lint({"widget.py": source})


def test_a_render_that_returns_a_visual_passes() -> None:
    wrapped = "class Line(Widget):\n    def render(self):\n        return Content(self.agent)\n"
    annotated = "class Line(Widget):\n    def render(self) -> Content:\n        return self.made(self.agent)\n"
    assert markup_lint.lint({"wrapped.py": wrapped, "annotated.py": annotated}) == []


def test_a_name_that_another_file_declares_as_text_is_not_trusted() -> None:
    other = "class Other:\n    caption: str\n"
    line = "class Row:\n    caption: Content\ndef make(row):\n    return Static(row.caption)\n"
    assert markup_lint.lint({"a.py": line}) == []
    assert markup_lint.lint({"a.py": line, "b.py": other}) != []


def test_a_problem_names_its_place_and_the_way_out() -> None:
    (problem,) = markup_lint.lint({"a.py": "def make(agent):\n    return Static(agent)\n"})
    assert problem.startswith("a.py:2: Static() parses markup")
    assert "Content(...)" in problem


def test_this_repository_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert markup_lint.main() == 0, capsys.readouterr().out
