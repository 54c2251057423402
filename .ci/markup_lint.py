"""Finds text that Textual would parse as markup although it is not a literal of our own source.

A `str` handed to a widget is markup: `[/]` in it ends the program, `[@click=app.quit]` in it runs an action. So what is
not written out in the source must arrive as `Content(...)` or `Text(...)`, or with `markup=False` where a widget offers
it. Values whose origin the source does not show are reported; annotate them with a visual type, or wrap them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from markup_values import VISUAL_TYPES, Declarations, Function, Scope, annotation_names, last_name

ROOT: Final = Path(__file__).resolve().parent.parent
CHECKED: Final = ("app/headway/dashboard", "app/headway/cli", "app/headway/cli.py")

TEXT_WIDGETS: Final = frozenset(
    {
        "Button",
        "Checkbox",
        "Collapsible",
        "Label",
        "Link",
        "Option",
        "OptionList",
        "RadioButton",
        "Static",
        "Tab",
        "TabPane",
    }
)
MARKDOWN_WIDGETS: Final = frozenset({"Markdown", "MarkdownViewer"})
TEXT_METHODS: Final = frozenset(
    {"add_option", "from_markup", "from_text", "notify", "render_str", "update", "visualize"}
)
TEXT_KEYWORDS: Final = frozenset({"content", "label", "markup", "message", "prompt", "title", "tooltip"})
TEXT_NAMES: Final = frozenset({"border_title", "border_subtitle", "tooltip", "BORDER_TITLE", "BORDER_SUBTITLE"})


class MarkupLint(ast.NodeVisitor):
    """Collects `problems` (line and message) of one source file."""

    def __init__(self, tree: ast.Module, declarations: Declarations) -> None:
        self.problems: list[tuple[int, str]] = []
        self._declarations = declarations
        self._scopes = [Scope(tree, declarations)]
        self._functions: list[Function | None] = [None]
        self._classes = [""]
        self.visit(tree)

    def _report(self, node: ast.expr, message: str) -> None:
        self.problems.append((node.lineno, message))

    def _require_safe(self, node: ast.expr, where: str) -> None:
        if not self._scopes[-1].is_safe(node):
            self._report(
                node, f"{where} parses markup: wrap `{ast.unparse(node)[:60]}` in Content(...), or pass markup=False"
            )

    def _visit_function(self, node: Function) -> None:
        self._scopes.append(Scope(node, self._declarations))
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()
        self._scopes.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._classes.append(node.name)
        self.generic_visit(node)
        self._classes.pop()

    def visit_Return(self, node: ast.Return) -> None:
        function = self._functions[-1]
        is_render = function is not None and function.name == "render" and bool(self._classes[-1])
        if function and is_render and node.value and not annotation_names(function.returns) <= VISUAL_TYPES:
            self._require_safe(node.value, "the result of render()")  # mypy holds a visual annotation to be true
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if last_name(target) in TEXT_NAMES:
                self._require_safe(node.value, last_name(target))
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if last_name(node.target) in TEXT_NAMES and node.value is not None:
            self._require_safe(node.value, last_name(node.target))
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        written = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        if "@click" in written and any(isinstance(part, ast.FormattedValue) for part in node.values):
            self._report(node, "an action is built from text: pass values as the tuple (action, parameters)")
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "@click":
                self._require_literal_action(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = last_name(node.func)
        if name == "__init__" and isinstance(node.func, ast.Attribute) and last_name(node.func.value) == "super":
            self._check_widget(node, self._classes[-1])
        elif name not in self._declarations.constructors:
            self._check_widget(node, name)
        if isinstance(node.func, ast.Attribute) and name in TEXT_METHODS:
            self._check_method(node, node.func.value, name)
        if name == "run_action" and node.args:
            self._require_literal_action(node.args[0])
        if name == "Binding" and len(node.args) > 1:
            self._require_literal_action(node.args[1])
        for keyword in node.keywords:
            if keyword.arg == "action":
                self._require_literal_action(keyword.value)
        self.generic_visit(node)

    def _check_widget(self, call: ast.Call, name: str) -> None:
        if self._declarations.is_a(name, MARKDOWN_WIDGETS) and not is_off(call, "open_links"):
            self._report(call, f"{name}() opens links by itself: pass open_links=False")
        if self._declarations.is_a(name, TEXT_WIDGETS) and not is_off(call, "markup"):
            for argument in texts(call, every=name == "OptionList"):
                self._require_safe(argument, f"{name}()")
        if name == "Select":
            self._check_choices(call, "Select()")

    def _check_method(self, call: ast.Call, receiver: ast.expr, name: str) -> None:
        if is_off(call, "markup"):
            return
        if name == "update" and any(map(self._scopes[-1].is_mapping, [receiver, *call.args])):
            return
        for argument in texts(call, every=False):
            self._require_safe(argument, f"{name}()")

    def _check_choices(self, call: ast.Call, where: str) -> None:
        for options in call.args[:1]:
            pairs = options.elts if isinstance(options, ast.List | ast.Tuple) else [getattr(options, "elt", options)]
            for pair in pairs:
                prompt = pair.elts[0] if isinstance(pair, ast.Tuple) and pair.elts else pair
                self._require_safe(prompt, where)

    def _require_literal_action(self, action: ast.expr) -> None:
        """An action is a name or a literal. The parameters of a tuple are passed as they are: only its name counts."""
        named = action.elts[0] if isinstance(action, ast.Tuple) and action.elts else action
        if isinstance(named, ast.JoinedStr | ast.BinOp | ast.Call) and not self._scopes[-1].is_safe(named):
            self._report(named, "an action is built from text: pass values as the tuple (action, parameters)")


def texts(call: ast.Call, *, every: bool) -> Iterator[ast.expr]:
    """The arguments of a call that a widget shows."""
    yield from call.args if every else call.args[:1]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in TEXT_KEYWORDS)


def is_off(call: ast.Call, option: str) -> bool:
    """Whether the call says `option=False` in so many words."""
    return any(
        keyword.arg == option and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )


def lint(sources: dict[str, str]) -> list[str]:
    """The problems of the sources, given by path: one line each, in the order of the paths and lines."""
    trees = {path: ast.parse(text, path) for path, text in sources.items()}
    declarations = Declarations(*trees.values())
    return [
        f"{path}:{line}: {message}"
        for path, tree in sorted(trees.items())
        for line, message in sorted(MarkupLint(tree, declarations).problems)
    ]


def main() -> int:
    """Lint the dashboard and the command line."""
    files = [
        file for place in CHECKED for file in [ROOT / place, *(ROOT / place).rglob("*.py")] if file.suffix == ".py"
    ]
    found = lint({str(file.relative_to(ROOT)): file.read_text() for file in files if file.is_file()})
    print("\n".join(found) or "markup: nothing from outside reaches it")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
