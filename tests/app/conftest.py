"""A dressed application, and windows that are closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.__main__ import assemble
from app.engine import Engine
from app.main_window import MainWindow, Unsaved
from app.mesh_view import set_surface_format
from app.settings import settings_store
from app.theme import apply_theme
from tests.app.fake_engine import FakeEngine


@pytest.fixture(scope="session")
def qapp(qapp_args: list[str], pytestconfig: pytest.Config) -> QApplication:
    """Return pytest-qt's application as `main` sets it up."""
    set_surface_format()
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(qapp_args)
    apply_theme(application)
    return application


class Answers:
    """Stands for the person who is asked about unsaved changes."""

    def __init__(self) -> None:
        self.answer = Unsaved.DISCARD
        self.asked: list[str] = []

    def __call__(self, parent: QWidget, name: str) -> Unsaved:
        self.asked.append(name)
        return self.answer


@pytest.fixture
def answers() -> Answers:
    """Return the person's answer, to be set by the test."""
    return Answers()


@pytest.fixture
def engine() -> FakeEngine:
    """Return an engine that paints."""
    return FakeEngine()


@pytest.fixture
def make_window(
    qapp: QApplication, tmp_path: Path, answers: Answers
) -> Iterator[Callable[[Engine], MainWindow]]:
    """Build windows; what is still open at the end is closed without questions."""
    windows: list[MainWindow] = []

    def make(engine: Engine) -> MainWindow:
        window = assemble(
            engine,
            settings_store(tmp_path / "settings.ini"),
            log_file=tmp_path / "studio.log",
            confirm=answers,
        )
        windows.append(window)
        window.show()
        return window

    yield make
    answers.answer = Unsaved.DISCARD
    for window in windows:
        if isinstance(engine := window.studio.engine, FakeEngine):
            engine.gate.set()
        window.close()
        window.deleteLater()


@pytest.fixture
def window(make_window: Callable[[Engine], MainWindow], engine: FakeEngine, qtbot: QtBot) -> MainWindow:
    """Return an empty window whose model is loaded."""
    made = make_window(engine)
    with qtbot.waitSignal(made.session.model_changed):
        made.start(None)
    return made


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Return a window with a photo whose full picture is shown."""
    with qtbot.waitSignal(window.studio.opened):
        window.open_path(Path("portrait.png"))
    qtbot.waitUntil(lambda: window.viewport.picture is not None and shown_quality(window) == "full")
    return window


def shown_quality(window: MainWindow) -> str:
    """What the viewport shows."""
    picture = window.viewport.picture
    return picture.request.quality if picture else ""
