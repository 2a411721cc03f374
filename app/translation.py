"""Words in the language of the window. No Qt here: the window hangs Qt's translator in when it starts.

Every text that a person reads in the window goes through `translate`, or through `mark` where it is written
before the language is known (constants) and through `translate` where it is shown. `pyside6-lupdate` finds
both in the source; `python -m app.translation_files` keeps the files in `resources/translations` up to date.
The sentences of `goae_core`'s errors are English in every language.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

Translator = Callable[[str, str], str]


def _as_written(context: str, text: str) -> str:
    return text


class _Commas(string.Formatter):
    """Sets numbers in with a decimal comma, and with points between thousands."""

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - whatever is set in
        text = str(super().format_field(value, format_spec))
        is_number = isinstance(value, int | float)
        return text.translate(str.maketrans(",.", ".,")) if is_number else text


class _CommaText(str):
    """A text whose numbers are written so."""

    __slots__ = ()

    def format(self, *values: object, **named: object) -> str:
        """Set values in."""
        return _Commas().vformat(str(self), values, named)


_translator: Translator = _as_written
_comma = False


def translate(context: str, text: str) -> str:
    """A text in the language of the window; callable on any thread.

    Args:
        context: Where it stands, usually the name of the class; tells two meanings of one word apart.
        text: English. Values come in afterwards: `translate("Studio", "Opening {name}").format(name=name)`;
            numbers then have the comma or point of the language.
    """
    translated = _translator(context, text)
    return _CommaText(translated) if _comma else translated


def mark(context: str, text: str) -> str:
    """A text that `translate` will be asked for later; it stays English here.

    Args:
        context: The one `translate` will be given.
        text: English.
    """
    return text


def use(translator: Translator | None, *, decimal_comma: bool = False) -> None:
    """Translate by this from now on.

    Args:
        translator: None: leave everything English.
        decimal_comma: Numbers in texts have one.
    """
    global _translator, _comma
    _translator, _comma = translator or _as_written, decimal_comma
