"""``goae-studio [PHOTO|PROJECT]``: reads the arguments, builds everything, runs the window."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

# Before torch is imported anywhere: waiting OpenMP threads must sleep, or they starve the window's thread.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QWidget

    from app.dialogs import Unsaved
    from app.engine import Engine
    from app.likeness import Likeness
    from app.main_window import MainWindow
    from app.models_library import ModelLibrary
    from app.settings_file import SettingsFile

log = logging.getLogger("app")


def main(
    argv: Sequence[str] | None = None, *, shown: Callable[[MainWindow], None] = lambda window: None
) -> int:
    """Run the window until it is closed.

    Args:
        argv: Arguments without the program's name; None: the process's own.
        shown: Called once the window stands; a script can use it from there.

    Returns:
        The exit code.
    """
    arguments = _parse(argv)

    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.engine import Engine
    from app.settings import read_settings, settings_store
    from app.settings_file import apply_environment, read_shared
    from app.theme import apply_theme, theme_name
    from app.translation_files import install

    file = read_shared()
    apply_environment(file.shared)
    log_file = start_logging()
    application = QApplication(sys.argv[:1])
    application.setApplicationName("goae-studio")
    application.setApplicationDisplayName("GOAE Studio")
    application.setDesktopFileName("goae-studio")
    store = settings_store()
    kept = read_settings(store)
    install(application, kept.language)
    apply_theme(application, theme_name(kept.theme))
    engine = Engine(
        model=arguments.model or file.shared.model or None,
        device=arguments.device or file.shared.device,
        threads=file.shared.threads,
    )
    window = assemble(engine, store, log_file=log_file, data=data_folder(), shared=file)
    _catch_everything(window)
    window.show()
    shown(window)
    # The first picture of the window comes before the first import of torch.
    QTimer.singleShot(0, window, lambda: window.start(arguments.file))
    return application.exec()


def assemble(
    engine: Engine,
    store: QSettings,
    *,
    log_file: Path | None = None,
    data: Path | None = None,
    likeness: Likeness | None = None,
    confirm: Callable[[QWidget, str], Unsaved] | None = None,
    shared: SettingsFile | None = None,
    library: ModelLibrary | None = None,
) -> MainWindow:
    """Build session, studio and window around an engine.

    Args:
        engine: Does the computing, on the device thread.
        store: What is remembered between runs.
        log_file: Named when something unexpected happens.
        data: The user's folder, for recovery files and named looks; None: neither is kept.
        likeness: Measures it; None: by dlib.
        confirm: Asks about unsaved changes; None: with a dialog.
        shared: The settings file of window and command line; None: there is none.
        library: Looks after the models; None: those of the user.

    Returns:
        The window, not yet shown; its `start` loads the model.
    """
    from importlib.resources import files

    from app.dialogs import ask_unsaved
    from app.main_window import MainWindow
    from app.session import Session
    from app.studio import Studio
    from app.theme import VIEWPORT

    session = Session()
    studio = Studio(session, engine, VIEWPORT, likeness=likeness)
    portraits = Path(str(files("resources").joinpath("portraits")))
    window = MainWindow(
        session,
        studio,
        store,
        log_file=log_file,
        samples=sorted(portraits.glob("*.png")),
        data=data,
        confirm=confirm or ask_unsaved,
        shared=shared,
        library=library,
    )
    session.setParent(window)
    studio.setParent(window)
    return window


def data_folder() -> Path:
    """The user's folder; `GOAE_DATA_DIR` overrides it."""
    import appdirs

    return Path(os.environ.get("GOAE_DATA_DIR") or appdirs.user_data_dir("goae-studio"))


def start_logging() -> Path | None:
    """Log to a file in the user's log folder; None if it cannot be written."""
    import appdirs

    folder = Path(os.environ.get("GOAE_DATA_DIR") or appdirs.user_log_dir("goae-studio"))
    path = folder / "studio.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=1_000_000, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    return path


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="goae-studio", description="A portrait in, a live head out: the window of GOAE Studio."
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="PHOTO|PROJECT", help="opened at once")
    parser.add_argument("--model", metavar="NAME", help="an embedded or imported model")
    parser.add_argument("--device", choices=("auto", "cuda", "mps", "cpu"))
    return parser.parse_args(argv)


def _catch_everything(window: MainWindow) -> None:
    """Bring what nobody caught to the window's one error dialog."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, Exception):
            window.show_error(error)
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = hook
    threading.excepthook = lambda args: log.error("a thread ended", exc_info=args.exc_value)


if __name__ == "__main__":
    sys.exit(main())
