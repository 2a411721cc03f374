"""Finds texts in the source that a person would read and that nobody translates. Used by the tests.

A text is what begins with a capital letter or holds a space. What is exempt: docstrings, errors (the core's
sentences are English everywhere), names of properties, icons and colours, log lines, keys, and what the
command line says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NAMES = re.compile(r"(Ctrl|Alt|Shift|Esc|Space|F\d).{0,12}|[A-Z0-9_]+|GOAE Studio|WebP|Wavefront OBJ|Fusion")
"""Keys, abbreviations and proper names, which are the same in every language."""
_TRANSLATED = {"translate", "mark"}
_NOT_SHOWN = {
    "TypeVar",
    "add_argument",
    "color",
    "debug",
    "encode",
    "endswith",
    "error",
    "exception",
    "exists",
    "format_map",
    "getattr",
    "glob",
    "hasattr",
    "icon",
    "info",
    "joinpath",
    "match",
    "property",
    "replace",
    "resource",
    "search",
    "setObjectName",
    "setProperty",
    "split",
    "startswith",
    "strftime",
    "sub",
    "warning",
    "write_text",
}


_SOUGHT = {"__all__", "_DRIVER", "_MEMORY", "_MISSING"}
"""Constants whose words are looked for in the errors of libraries."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the source."""

    line: int
    node: ast.Constant | ast.JoinedStr
    owner: str
    """The class it stands in; empty: none."""
    constant: bool
    """It is made when the module is imported, before the language is known."""
    words: str


def untranslated(source: str) -> Iterator[Text]:
    """The texts of a module that a person would read in English whatever the language."""
    tree = ast.parse(source)
    yield from _walk(tree, "", constant=True)


def translated(source: str) -> Iterator[tuple[str, str]]:
    """Context and text of every call of `translate` or `mark` that names both in full."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in _TRANSLATED and len(node.args) == 2:
            context, text = (_string(argument) for argument in node.args)
            if context is not None and text is not None:
                yield context, text


def translated_too_early(source: str) -> Iterator[int]:
    """Lines where `translate` is called while the module is imported, before the language is known."""
    yield from _early(ast.parse(source))


def _early(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.Call) and _name(node.func) == "translate":
        yield node.lineno
    inner: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef):
        inner = [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    elif isinstance(node, ast.Lambda):
        inner = [*node.args.defaults]
    for child in inner:
        yield from _early(child)


def _walk(node: ast.AST, owner: str, *, constant: bool) -> Iterator[Text]:
    if isinstance(node, ast.ClassDef):
        owner = node.name
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        constant = False
    if isinstance(node, ast.Constant | ast.JoinedStr):
        words = _words(node)
        if _is_text(words):
            yield Text(node.lineno, node, owner, constant, words)
        if isinstance(node, ast.Constant):
            return
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                yield from _walk(value.value, owner, constant=constant)
        return
    for child in _children(node):
        yield from _walk(child, owner, constant=constant)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What may hold a text that is shown."""
    match node:
        case ast.Call():
            if _name(node.func) in _TRANSLATED | _NOT_SHOWN:
                yield from (child for child in ast.iter_child_nodes(node.func) if not _is_leaf(child))
                return
            yield from ast.iter_child_nodes(node)
        case ast.Dict():
            yield from node.values
        case ast.Subscript():
            yield node.value
        case ast.keyword(arg="lane"):
            return
        case ast.Compare() | ast.Raise() | ast.MatchValue() | ast.Import() | ast.ImportFrom():
            return
        case ast.AnnAssign():
            if node.value is not None:
                yield node.value
        case ast.FunctionDef():
            yield from node.args.defaults
            yield from node.body
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _SOUGHT:
            return
        case _:
            yield from ast.iter_child_nodes(node)


def _is_leaf(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant | ast.JoinedStr)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _words(node: ast.Constant | ast.JoinedStr) -> str:
    """The text, with a gap for every value that is set in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values)


def _is_text(words: str) -> bool:
    inner = words.replace("\0", "")
    if not re.search(r"[A-Za-z]{2}", inner) or _NAMES.fullmatch(words) or words.startswith("\n"):
        return False
    return words[0].isupper() or words[-1] == "…" or re.search(r"[a-z]{2} |\w [a-z]{2}", words) is not None


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def window_sources(app: Path) -> list[Path]:
    """The modules of the window: all of `app` but what only the terminal or a file sees."""
    terminal = {
        "__main__",
        "drag_recorder",
        "gallery",
        "settings_file",
        "translation_check",
        "translation_files",
    }
    return sorted(path for path in app.glob("*.py") if path.stem not in terminal)
