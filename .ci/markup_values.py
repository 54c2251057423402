"""Which Python expressions can carry text from outside into Textual's markup, judged from the source alone."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from enum import Enum
from typing import Final

VISUAL_TYPES: Final = frozenset({"Content", "Text", "Strip", "Visual", "VisualType", "ConsoleRenderable"})
NUMBER_TYPES: Final = frozenset({"int", "float", "bool"})
MAPPING_TYPES: Final = frozenset(
    {"dict", "set", "Counter", "defaultdict", "OrderedDict", "MutableMapping", "MutableSet"}
)
NUMBER_CALLS: Final = frozenset({"len", "int", "float", "round", "sum"})
NUMBER_FORMAT: Final = re.compile(r"[^{}]*[,_bcdoxXeEfFgGn%]")
COLLECTIONS: Final = (ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.List, ast.ListComp, ast.Tuple, ast.GeneratorExp)

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Kind(Enum):
    """What a value is: written out in our source, a visual that nobody parses, or anything else."""

    LITERAL = "literal"
    VISUAL = "visual"
    UNKNOWN = "unknown"


def last_name(node: ast.AST | None) -> str:
    """`c` of `a.b.c`, of `c[...]` and of `c(...)`; empty for anything without a name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner) | ast.Call(func=inner):
            return last_name(inner)
    return ""


def annotation_names(annotation: ast.expr | None) -> frozenset[str]:
    """The types an annotation admits, without None: `Content` for `reactive[Content | None]`."""
    match annotation:
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return annotation_names(left) | annotation_names(right)
        case ast.Constant(value=None):
            return frozenset()
        case ast.Subscript(value=ast.Name(id="reactive" | "var" | "Final" | "ClassVar"), slice=inner):
            return annotation_names(inner)
    return frozenset({last_name(annotation)})


class Declarations:
    """What all the read sources say about a name: annotations of attributes and of returns, bases of classes."""

    def __init__(self, *trees: ast.Module) -> None:
        self.types: defaultdict[str, set[str]] = defaultdict(set)
        self.returns: defaultdict[str, set[str]] = defaultdict(set)
        self.bases: dict[str, set[str]] = {}
        self.constructors: set[str] = set()
        for tree in trees:
            for node in ast.walk(tree):
                self._read(node)

    def _read(self, node: ast.AST) -> None:
        if isinstance(node, Function):
            names = self.types if any(last_name(d).endswith("property") for d in node.decorator_list) else self.returns
            names[node.name] |= annotation_names(node.returns)
        elif isinstance(node, ast.AnnAssign):
            self.types[last_name(node.target)] |= annotation_names(node.annotation)
        elif isinstance(node, ast.ClassDef):
            self.bases[node.name] = {last_name(base) for base in node.bases}
            if any(isinstance(member, Function) and member.name == "__init__" for member in node.body):
                self.constructors.add(node.name)

    def is_a(self, name: str, widgets: frozenset[str]) -> bool:
        """Whether the class of that name is one of `widgets` or descends from one."""
        return name in widgets or any(self.is_a(base, widgets) for base in self.bases.get(name, set()) - {name})


class Scope:
    """What is known about the names of one function: its parameters and every assignment in it."""

    def __init__(self, function: ast.AST, declarations: Declarations) -> None:
        self._declarations = declarations
        self._types: defaultdict[str, set[str]] = defaultdict(set)
        self._values: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._stores: Counter[str] = Counter()
        for node in ast.walk(function):
            match node:
                case ast.arg(arg=name, annotation=annotation):
                    self._types[name] |= annotation_names(annotation)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    self._types[name] |= annotation_names(annotation)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._values[name].append(value)
                case ast.AugAssign(target=ast.Name(id=name), value=value):
                    self._values[name].append(value)
                case ast.NamedExpr(target=ast.Name(id=name), value=value):
                    self._values[name].append(value)
                case ast.Name(id=name, ctx=ast.Store()):
                    self._stores[name] += 1

    def is_safe(self, node: ast.expr) -> bool:
        """Whether the value cannot carry text from outside into markup."""
        return self.kind(node) is not Kind.UNKNOWN

    def is_mapping(self, node: ast.expr) -> bool:
        """Whether the value takes part in an `update` that shows nothing: of a dictionary, a set or a digest."""
        values = self._values[node.id] if isinstance(node, ast.Name) else []
        return (
            isinstance(node, COLLECTIONS)
            or (isinstance(node, ast.Call) and last_name(node) in {*MAPPING_TYPES, "encode"})
            or self._has_type(node, MAPPING_TYPES)
            or (bool(values) and all(self.is_mapping(value) for value in values))
        )

    def kind(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> Kind:
        """The kind of a value; of several possible values, the most doubtful one."""
        match node:
            case ast.Constant():
                return Kind.LITERAL
            case ast.JoinedStr(values=parts):
                known = all(self._is_number(part) for part in parts if isinstance(part, ast.FormattedValue))
                return Kind.LITERAL if known else Kind.UNKNOWN
            case ast.BinOp(op=ast.Add(), left=left, right=right) | ast.IfExp(body=left, orelse=right):
                return self._worst([left, right], seen)
            case ast.BoolOp(values=values):
                return self._worst(values, seen)
            case ast.NamedExpr(value=value):
                return self.kind(value, seen)
            case ast.Call(func=ast.Attribute(value=receiver)) if self.kind(receiver, seen) is Kind.VISUAL:
                return Kind.VISUAL
            case ast.Call(func=ast.Attribute(value=ast.Name(id="Content" | "Text"))):
                return Kind.VISUAL  # Content.styled, Text.assemble; from_markup is judged where it is called
            case ast.Call(func=function):
                types = self._declarations.returns[last_name(function)]
                return Kind.VISUAL if last_name(function) in VISUAL_TYPES or only(types, VISUAL_TYPES) else Kind.UNKNOWN
            case ast.Name(id=name) if name in self._values and name not in seen and name not in self._types:
                known = len(self._values[name]) == self._stores[name]
                return self._worst(self._values[name], seen | {name}) if known else Kind.UNKNOWN
            case ast.Name() | ast.Attribute() if last_name(node).isupper():
                return Kind.LITERAL
            case ast.Name() | ast.Attribute() if self._has_type(node, VISUAL_TYPES):
                return Kind.VISUAL
        return Kind.UNKNOWN

    def _worst(self, nodes: list[ast.expr], seen: frozenset[str]) -> Kind:
        kinds = {self.kind(node, seen) for node in nodes}
        return next(kind for kind in (Kind.UNKNOWN, Kind.VISUAL, Kind.LITERAL) if kind in kinds)

    def _is_number(self, part: ast.FormattedValue) -> bool:
        match part.format_spec:
            case ast.JoinedStr(values=[ast.Constant(value=str(spec))]) if NUMBER_FORMAT.fullmatch(spec):
                return True
        value = part.value
        called = isinstance(value, ast.Call) and last_name(value) in NUMBER_CALLS
        return called or isinstance(value, ast.Constant) or self._has_type(value, NUMBER_TYPES)

    def _has_type(self, node: ast.expr, types: frozenset[str]) -> bool:
        if isinstance(node, ast.Name) and node.id in self._types:
            return only(self._types[node.id], types)
        return isinstance(node, ast.Name | ast.Attribute) and only(self._declarations.types[last_name(node)], types)


def only(found: set[str], allowed: frozenset[str]) -> bool:
    """Whether something was found, and nothing that is not allowed."""
    return bool(found) and found <= allowed
