"""Every text of the window is translated, the files are complete, and a German window speaks German."""

from __future__ import annotations

import string
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

import app
from app import translation
from app.dialogs import restore_box
from app.main_window import MainWindow
from app.messages import Attribute
from app.translation_files import LANGUAGES, chosen, folder, install
from goae_core.models import ModelStore
from tests.app.fake_engine import FakeEngine
from tests.app.texts import translated, translated_too_early, untranslated, window_sources

SOURCES = window_sources(Path(app.__file__).parent)
Message = tuple[str, str]


def messages(code: str) -> dict[Message, ElementTree.Element]:
    tree = ElementTree.parse(folder() / f"goae_{code}.ts")
    return {
        (context.findtext("name") or "", message.findtext("source") or ""): message
        for context in tree.getroot().findall("context")
        for message in context.findall("message")
    }


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """Everything made in the test speaks German."""
    before = QLocale()
    install(qapp, "de")
    yield
    install(qapp, "en")
    QLocale.setDefault(before)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_text_of_the_window_is_untranslated(path: Path) -> None:
    found = [f"{path.name}:{text.line} {text.words!r}" for text in untranslated(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_text_is_translated_before_the_language_is_known(path: Path) -> None:
    assert list(translated_too_early(path.read_text("utf-8"))) == []


def test_the_finder_sees_what_is_shown_and_passes_over_what_is_not() -> None:
    source = '''
"""A docstring."""
NAME = "A constant"
class Panel:
    def __init__(self):
        """Another docstring."""
        self.setObjectName("Main window")
        self.label = QLabel("Not translated")
        self.tip = f"Frame {number} of {count}"
        self.done = translate("Panel", "Is translated")
        log.info("Log lines are English")
        raise GoaeError("So are errors")
'''
    assert [(text.words, text.owner, text.constant) for text in untranslated(source)] == [
        ("A constant", "", True),
        ("Not translated", "Panel", False),
        ("Frame \0 of \0", "Panel", False),
    ]
    assert list(translated(source)) == [("Panel", "Is translated")]
    early = """
A = translate("a", "at import")
def f(text=translate("f", "at import too")):
    return translate("f", "in time")
"""
    assert list(translated_too_early(early)) == [2, 3]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_text_is_in_the_file_and_nothing_else_is(code: str) -> None:
    """If this fails: `python -m app.translation_files`, then translate what is new."""
    wanted = {pair for path in SOURCES for pair in translated(path.read_text("utf-8"))}
    assert wanted == set(messages(code))


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_text_is_translated_with_the_same_gaps_and_compiled(code: str, qapp: QApplication) -> None:
    compiled = QTranslator()
    assert compiled.load(f"goae_{code}", str(folder()))
    for (context, source), message in messages(code).items():
        element = message.find("translation")
        assert element is not None
        assert element.get("type") is None, f"{context}: {source!r} is unfinished"
        text = element.text or ""
        assert gaps(text) == gaps(source), f"{context}: {source!r}"
        assert source.endswith("…") == text.endswith("…"), f"{context}: {source!r}"
        assert compiled.translate(context, source) == text


def gaps(text: str) -> set[tuple[str | None, str | None]]:
    """Names and formats of the values that are set in."""
    return {(name, form) for _, name, form, _ in string.Formatter().parse(text) if name is not None}


def test_the_sliders_of_the_embedded_model_have_names_in_every_language(german: None) -> None:
    entry = ModelStore().entry("studio256")
    for name in entry.directions:
        attribute = Attribute(name, "person", "deviations", 2.0)
        english = name.replace("_", " ").capitalize()
        assert attribute.label != english or name in ("light_x", "light_y", "person"), name
    assert Attribute("mouth_open", "expression", "deviations", 2.0).label == "Mund offen"
    assert Attribute("their_own", "imported", "raw", 2.0).label == "Their own"


def test_a_german_window_speaks_german(
    german: None, make_window: Callable[[FakeEngine], MainWindow], engine: FakeEngine, qtbot: QtBot
) -> None:
    window = make_window(engine)
    with qtbot.waitSignal(window.session.model_changed):
        window.start(None)
    with qtbot.waitSignal(window.studio.opened):
        window.open_path(Path("portrait.png"))
    assert [action.text() for action in window.menuBar().actions()] == [
        "&Datei",
        "&Bearbeiten",
        "&Ansicht",
        "&Hilfe",
    ]
    assert window.edit_panel.rows["smile"].slider.accessibleName() == "Lächeln"
    window.session.set_edit("smile", 1.0)
    assert window.commands.undo.text() == "Rückgängig: Lächeln"
    english = {source for path in SOURCES for _, source in translated(path.read_text("utf-8"))}
    same = {source for (_, source), m in messages("de").items() if m.findtext("translation") == source}
    words = {m.findtext("translation") for m in messages("de").values()}
    left = shown_texts(window) & (english - same - words)
    assert left <= {"Encoding the portrait"}  # the painting engine's own


def test_qts_own_buttons_are_german_too(german: None, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box = QMessageBox(parent)
    box.setStandardButtons(QMessageBox.StandardButton.Cancel)
    assert box.button(QMessageBox.StandardButton.Cancel).text() == "Abbrechen"
    assert restore_box(parent, "Anna", 1).text() == "Ihre Arbeit an Anna wiederherstellen?"


def test_a_language_that_is_not_there_is_english(qapp: QApplication) -> None:
    assert (chosen("de"), chosen("en"), chosen("tlh")) == ("de", "en", "en")
    assert chosen("system") in LANGUAGES
    install(qapp, "tlh")
    assert translation.translate("Commands", "Undo") == "Undo"


def shown_texts(window: QWidget) -> set[str]:
    found = {action.text() for action in window.findChildren(QAction)}
    for widget in window.findChildren(QWidget):
        found |= {widget.toolTip(), widget.accessibleName()}
        if isinstance(widget, QLabel | QAbstractButton):
            found.add(widget.text())
    return found


def test_numbers_in_texts_have_the_comma_of_the_language(german: None, qtbot: QtBot) -> None:
    def shown(text: str, **values: object) -> str:
        return translation.translate("PhotoPanel", text).format(**values)

    assert shown("{value:.1f} dB", value=20.25) == "20,2 dB"
    assert shown("{value:,}", value=12345) == "12.345"
    assert shown("{name:s}", name="v1.2, beta") == "v1.2, beta"
    translation.use(None)
    assert shown("{value:.1f} dB", value=20.25) == "20.2 dB"
