"""What every test can rely on: a home of its own, fixed seeds, and no leftovers from the test before.

A test fails when it leaves a top-level window or a living thread behind, or when the program logs a warning
that the test did not ask for (by taking ``caplog``).
"""

from __future__ import annotations

import gc
import logging
import os
import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Both are read when torch or Qt is first imported, which the test modules do after this file. Idle threads
# sleep, because two cores serve more than one process; packaging/test.py sets xcb and starts a display.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# The same examples every time, however slow and busy the machine is.
hypothesis.settings.register_profile("goae", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("goae")

ROOT = Path(__file__).resolve().parent.parent
_THREAD_PATIENCE_S = 5.0


class _Warnings(logging.Handler):
    """Keeps the warnings and errors that the program logs during a test."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def pytest_collection_finish() -> None:
    """Give torch two threads everywhere: the networks of the tests are too small to feed more."""
    if "torch" in sys.modules and "OMP_NUM_THREADS" not in os.environ:
        import torch

        torch.set_num_threads(min(2, os.cpu_count() or 1))


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, models and caches of the tests never touch those of the person who runs them."""
    home = tmp_path_factory.mktemp("home")
    places = {
        "HOME": home,
        "XDG_DATA_HOME": home / "data",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_STATE_HOME": home / "state",
        "LOCALAPPDATA": home / "local",
        "APPDATA": home / "roaming",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, place in places.items():
            place.mkdir(exist_ok=True)
            patch.setenv(name, str(place))
        yield


@pytest.fixture(autouse=True)
def _same_randomness() -> None:
    """Every test starts from the same seeds, whichever tests ran before."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        import torch

        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_leftover_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = []
    for thread in set(threading.enumerate()) - before:
        # Threads that torch or Qt started in C++ appear as dummies once they call Python; none can be joined.
        if isinstance(thread, threading._DummyThread):
            continue
        thread.join(_THREAD_PATIENCE_S)
        if thread.is_alive():
            left.append(thread.name)
    if left:
        pytest.fail(f"this test left living threads: {', '.join(sorted(left))}")


@pytest.fixture(autouse=True)
def _no_leftover_windows(_no_leftover_threads: None) -> Iterator[None]:
    before = set(_top_level_widgets())
    yield
    if set(_top_level_widgets()) - before:
        gc.collect()  # a window and its slots refer to each other; Python lets go of them only here
    if left := [name for address, name in _top_level_widgets().items() if address not in before]:
        pytest.fail(f"this test left top-level widgets: {', '.join(sorted(left))}")


def _top_level_widgets() -> dict[int, str]:
    """Return the address and class of Qt's windows, after Qt has carried out what `deleteLater` asked for."""
    if "PySide6.QtWidgets" not in sys.modules:
        return {}
    import shiboken6
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        return {}
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return {
        shiboken6.getCppPointer(widget)[0]: type(widget).__name__ for widget in QApplication.topLevelWidgets()
    }


@pytest.fixture(autouse=True)
def _no_unexpected_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    handler = _Warnings()
    loggers = [logging.getLogger(name) for name in ("goae_core", "app")]
    for logger in loggers:
        logger.addHandler(handler)
    yield
    for logger in loggers:
        logger.removeHandler(handler)
    if handler.messages and "caplog" not in request.fixturenames:
        pytest.fail("the program logged what this test did not expect:\n" + "\n".join(handler.messages))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the folder ``shared`` beside the checkout: goldens, photographs, head pack."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the folder {folder}, which only the project's own machines have")
    return folder


@pytest.fixture
def x_display() -> str:
    """Return the display on which OpenGL draws; Qt's offscreen platform draws none."""
    if os.environ["QT_QPA_PLATFORM"] == "offscreen" or not os.environ.get("DISPLAY"):
        pytest.skip("needs a display for OpenGL: packaging/test.py starts a virtual one")
    return os.environ["DISPLAY"]
