"""The translations in `resources/translations`: which there are, how the window takes one up.

``python -m app.translation_files`` looks through the source for texts (`pyside6-lupdate`) and compiles what
was translated (`pyside6-lrelease`), both of which come with PySide6; translate in between, with
``pyside6-linguist resources/translations/goae_de.ts`` or by hand.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app import translation

LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
"""By code, each by its own name; the source is English."""
_ALIASES: Final = "QT_TRANSLATE_NOOP+=mark"


def folder() -> Path:
    """Where the files lie."""
    from importlib.resources import files

    return Path(str(files("resources").joinpath("translations")))


def chosen(language: str) -> str:
    """The code of a language there is.

    Args:
        language: A code, or "system".
    """
    code = QLocale.system().name()[:2] if language == "system" else language
    return code if code in LANGUAGES else "en"


def install(application: QCoreApplication, language: str) -> None:
    """Let the window speak a language: its own words, and those of Qt's dialogs.

    Windows that stand already keep their words.

    Args:
        application: Keeps the translators.
        language: A code, or "system".
    """
    for old in application.findChildren(QTranslator):
        application.removeTranslator(old)
        old.deleteLater()
    code = chosen(language)
    QLocale.setDefault(QLocale.system() if language == "system" else QLocale(code))
    if code == "en":
        translation.use(None)
        return
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, place in ((f"qtbase_{code}", qt), (f"goae_{code}", str(folder()))):
        translator = QTranslator(application)
        if translator.load(name, place):
            application.installTranslator(translator)
    comma = QLocale(code).decimalPoint() == ","
    translation.use(lambda context, text: QCoreApplication.translate(context, text), decimal_comma=comma)


def sources() -> list[Path]:
    """The files of the window; the command line speaks English."""
    app = Path(__file__).parent
    return sorted(path for path in app.glob("*.py") if path.name != Path(__file__).name)


def main() -> int:
    """Bring the files up to date; whatever is gone from the source is dropped.

    Returns:
        The exit code.
    """
    root = Path(__file__).parent.parent
    names = [str(path.relative_to(root)) for path in sources()]
    for code in LANGUAGES:
        if code == "en":
            continue
        file = folder() / f"goae_{code}.ts"
        file.parent.mkdir(exist_ok=True)
        options = ["-no-obsolete", "-locations", "none", "-tr-function-alias", _ALIASES]
        target = ["-source-language", "en", "-target-language", code, "-ts", str(file.relative_to(root))]
        subprocess.run([_tool("lupdate"), *options, *names, *target], cwd=root, check=True)
        subprocess.run([_tool("lrelease"), str(file.relative_to(root))], cwd=root, check=True)
    return 0


def _tool(name: str) -> str:
    """A program of PySide6, beside the interpreter that runs."""
    return str(Path(sys.executable).with_name(f"pyside6-{name}"))


if __name__ == "__main__":
    sys.exit(main())
