"""Words in the language of the window. No Qt here: the window hangs Qt's translator in when it starts.

Every text that a person reads in the window goes through `translate`, or through `mark` where it is written
before the language is known (constants) and through `translate` where it is shown. `pyside6-lupdate` finds
both in the source; `python -m app.translation_files` keeps the files in `resources/translations` up to date.
The sentences of `goae_core`'s errors are English in every language.
"""

from __future__ import annotations

from collections.abc import Callable

Translator = Callable[[str, str], str]


def _as_written(context: str, text: str) -> str:
    return text


_translator: Translator = _as_written


def translate(context: str, text: str) -> str:
    """A text in the language of the window; callable on any thread.

    Args:
        context: Where it stands, usually the name of the class; tells two meanings of one word apart.
        text: English. Values come in afterwards: `translate("Studio", "Opening {name}").format(name=name)`.
    """
    return _translator(context, text)


def mark(context: str, text: str) -> str:
    """A text that `translate` will be asked for later; it stays English here.

    Args:
        context: The one `translate` will be given.
        text: English.
    """
    return text


def use(translator: Translator | None) -> None:
    """Translate by this from now on; None: leave everything English."""
    global _translator
    _translator = translator or _as_written
