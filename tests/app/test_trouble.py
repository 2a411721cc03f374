"""Failures of the device, put in by hand: the window says so, and goes on with less."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app import mesh_view, messages
from app.engine import Engine, Report
from app.main_window import MainWindow
from app.mesh_canvas import NoOpenGLError
from app.messages import PictureExport
from app.trouble import Trouble, trouble_of
from goae_core.errors import GoaeError, PhotoError
from tests.app.fake_engine import MODEL, FakeEngine

pytestmark = pytest.mark.usefixtures("caplog")  # every failure is logged with its details


class OutOfMemoryError(RuntimeError):
    """Stands for torch's, which the window knows by its name."""


class FailingEngine(FakeEngine):
    """On the graphics card until told otherwise; fails as `failure` says, on the device named there."""

    def __init__(self, device: str = "cuda") -> None:
        super().__init__()
        self.device = device
        self.failure: Exception | None = None
        self.fails_on = device
        self.fails_at: tuple[str, ...] = ("draft", "full")

    def load(self, report: Report) -> messages.ModelInfo:
        if self.failure is not None and self.device == self.fails_on:
            raise self.failure
        return replace(MODEL, device=self.device)

    def open(self, request: messages.OpenRequest, report: Report, stop: threading.Event) -> messages.Document:
        return replace(super().open(request, report, stop), model=replace(MODEL, device=self.device))

    def frame(self, request: messages.FrameRequest, stop: threading.Event) -> messages.Picture:
        if self.failure is not None and self.device == self.fails_on and request.quality in self.fails_at:
            raise self.failure
        return super().frame(request, stop)

    def export(
        self,
        request: messages.ExportRequest,
        view: messages.FrameRequest,
        report: Report,
        stop: threading.Event,
    ) -> Path:
        if self.failure is not None and self.device == self.fails_on:
            raise self.failure
        return super().export(request, view, report, stop)

    def configure(self, device: str, threads: int, report: Report) -> messages.ModelInfo:
        self.configured.append((device, threads))
        self.device = device
        return replace(MODEL, device=device)

    @property
    def device_name(self) -> str:
        return self.device


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (MemoryError(), "memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "memory"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "driver"),
        (RuntimeError("Found no NVIDIA driver on your system"), "driver"),
        (RuntimeError("MPS backend failed"), "driver"),
        (GoaeError("this machine has no cuda device that torch can use; choose auto or cpu"), "missing"),
        (PhotoError("the photo is out of memory's reach"), None),
        (RuntimeError("expected 3 channels"), None),
        (ValueError("cuda error"), None),
    ],
)
def test_an_error_of_the_device_is_told_by_its_words(error: Exception, trouble: Trouble | None) -> None:
    assert trouble_of(error) == trouble


Started = Callable[[FailingEngine], MainWindow]


@pytest.fixture
def started(make_window: Callable[[Engine], MainWindow], qtbot: QtBot) -> Started:
    """Start a window over an engine, and open a photo in it."""

    def start(engine: FailingEngine) -> MainWindow:
        window = make_window(engine)
        window.start(None)
        qtbot.waitUntil(lambda: window.session.model is not None)
        with qtbot.waitSignal(window.studio.opened):
            window.open_path(Path("portrait.png"))
        qtbot.waitUntil(lambda: not window.studio.busy and window.viewport.picture is not None)
        return window

    return start


def said(window: MainWindow) -> str:
    """What the window's one dialog says."""
    return window.error_dialog.text() if window.error_dialog is not None else ""


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OutOfMemoryError("CUDA out of memory"), "The graphics card has no memory left."),
        (RuntimeError("CUDA error: unspecified launch failure"), "The graphics card's driver gave up."),
    ],
)
def test_a_card_that_fails_is_left_for_the_processor(
    started: Started, qtbot: QtBot, failure: Exception, words: str
) -> None:
    engine = FailingEngine()
    window = started(engine)
    engine.failure = failure
    with qtbot.waitSignal(window.studio.went_on):
        window.session.look_from(0.4, 0.0)
    assert said(window).startswith(words)

    def shown() -> bool:
        picture = window.viewport.picture
        return picture is not None and picture.request.pose == window.session.pose

    qtbot.waitUntil(shown)
    assert engine.configured == [("cpu", 0)]
    assert window.session.model is not None
    assert window.session.model.device == "cpu"


def test_a_card_that_is_missing_at_the_start_is_done_without(
    make_window: Callable[[Engine], MainWindow], qtbot: QtBot
) -> None:
    engine = FailingEngine()
    engine.failure = GoaeError("this machine has no cuda device that torch can use; choose auto or cpu")
    window = make_window(engine)
    window.start(None)
    qtbot.waitUntil(lambda: window.session.model is not None)
    assert "not on this computer, or its driver is missing" in said(window)
    assert engine.configured == [("cpu", 0)]


def test_without_memory_for_full_pictures_coarse_ones_are_shown(started: Started, qtbot: QtBot) -> None:
    engine = FailingEngine("cpu")
    window = started(engine)
    engine.failure, engine.fails_at = MemoryError(), ("full",)
    with qtbot.waitSignal(window.studio.went_on):
        window.session.look_from(0.4, 0.0)
    assert "coarse ones are shown from now on" in said(window)
    window.session.look_from(-0.4, 0.0)

    def shown() -> bool:
        picture = window.viewport.picture
        return picture is not None and picture.request.pose == window.session.pose

    qtbot.waitUntil(shown)
    assert engine.configured == []


def test_an_export_without_memory_is_a_sentence_and_the_next_one_works(
    started: Started, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = FailingEngine("cpu")
    window = started(engine)
    engine.failure = MemoryError()
    request = PictureExport(tmp_path / "a.png", 4096, transparent=False)
    with qtbot.waitSignal(window.studio.went_on):
        window.studio.export(request)
    assert "Choose a smaller size" in said(window)
    engine.failure = None
    with qtbot.waitSignal(window.studio.exported):
        window.studio.export(request)


def test_a_head_that_stayed_on_a_dead_card_is_told(started: Started, qtbot: QtBot) -> None:
    engine = FailingEngine("cpu")
    window = started(engine)
    engine.failure = RuntimeError("CUDA error: device-side assert triggered")
    with qtbot.waitSignal(window.studio.went_on):
        window.session.look_from(0.4, 0.0)
    assert "Open the photo again" in said(window)


@pytest.mark.parametrize("where", ["driver", "context", "library", "shader"])
def test_without_opengl_a_sentence_stands_in_place_of_the_mesh_and_the_head_goes_on(
    opened: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def refuse() -> None:
        raise NoOpenGLError("this OpenGL driver refused our shader; update it")

    if where == "driver":
        monkeypatch.setattr(mesh_view, "missing_gl", lambda: "No OpenGL driver answered.")
    elif where == "context":

        class Refusing:
            def create(self) -> bool:
                return False

            def setFormat(self, wanted: object) -> None:
                """Whatever is wanted."""

        monkeypatch.setattr(QGuiApplication, "platformName", lambda: "xcb")
        monkeypatch.setattr(mesh_view, "QOpenGLContext", Refusing)
    elif where == "library":
        monkeypatch.setattr(mesh_view, "missing_gl", lambda: None)
        monkeypatch.setitem(sys.modules, "OpenGL.GL", None)  # importing it fails
    else:
        monkeypatch.setattr(mesh_view, "missing_gl", lambda: None)
        monkeypatch.setattr(mesh_view, "MeshPainter", refuse)
    opened.commands.mesh.trigger()
    assert "OpenGL driver" in opened.mesh_view.sentence
    assert opened.mesh_view.sentence.endswith(".")
    assert opened.error_dialog is None
    opened.commands.head.trigger()
    with qtbot.waitSignal(opened.studio.picture_rendered):
        opened.session.look_from(0.3, 0.0)
