"""A dressed application, and windows that are closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.__main__ import assemble
from app.dialogs import Unsaved
from app.engine import Engine
from app.likeness import Likeness
from app.main_window import MainWindow
from app.messages import Pixels
from app.pose import Pose
from app.settings import settings_store
from app.settings_file import read_shared
from app.theme import apply_theme
from goae_core.presets import CameraConfig
from tests.app.fake_engine import FakeEngine

PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def qapp(qapp_args: list[str], pytestconfig: pytest.Config) -> QApplication:
    """Return pytest-qt's application as `main` sets it up."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(qapp_args)
    apply_theme(application)
    return application


class PatientBot(QtBot):
    """pytest-qt's bot, which gives up after a minute instead of five seconds: the machine may be busy."""

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **kwargs: Any) -> Any:  # noqa: ANN401
        """Wait for one signal."""
        return super().waitSignal(signal, timeout=timeout, **kwargs)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **kwargs: Any) -> Any:  # noqa: ANN401
        """Wait for several signals."""
        return super().waitSignals(signals, timeout=timeout, **kwargs)

    def waitUntil(self, callback: Any, *, timeout: int = PATIENCE_MS) -> None:  # noqa: ANN401
        """Wait until something holds."""
        super().waitUntil(callback, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """Return the patient bot."""
    return PatientBot(request)


class Answers:
    """Stands for the person who is asked about unsaved changes."""

    def __init__(self) -> None:
        self.answer = Unsaved.DISCARD
        self.asked: list[str] = []

    def __call__(self, parent: QWidget, name: str) -> Unsaved:
        self.asked.append(name)
        return self.answer


class HalfLike(Likeness):
    """Finds every head half like its photo, without dlib."""

    def measure(self, photo: Pixels, picture: Pixels, pose: Pose, rig: CameraConfig) -> float | None:
        return 0.5


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
            data=tmp_path / "data",
            likeness=HalfLike(),
            confirm=answers,
            shared=read_shared(tmp_path / "settings.toml"),
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
    # shortcuts and the focus need an active window, which no manager makes of it on a bare X server
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
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
