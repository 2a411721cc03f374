"""``python -m app.gallery OUT [PHOTO]``: drives the window through its states and writes pictures of it.

Also measures how long the window's thread pauses while the hand drags (``--drag SECONDS``), and how many
drags a newer frame answers. Needs a display; ``xvfb-run -a -s "-screen 0 1600x1000x24"`` makes one.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.main_window import MainWindow

_PATIENCE_S = 240.0


class Gallery:
    """One window, driven from state to state."""

    def __init__(self, window: MainWindow, out: Path) -> None:
        """Drive `window`; pictures go to `out`."""
        self._window = window
        self._out = out

    def spin(self, milliseconds: int) -> None:
        """Let the window live."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Let the window live until something holds.

        Raises:
            TimeoutError: If it does not come to hold.
        """
        end = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"the window did not get there; it says: {self._window.status.text}")
            self.spin(20)

    def rest(self) -> None:
        """Wait for the full picture of what is set now."""
        session, view = self._window.session, self._window.viewport

        def there() -> bool:
            picture = view.picture
            if picture is None or self._window.studio.busy:
                return False
            asked = picture.request
            shown = (asked.quality, asked.pose, asked.edits, asked.shown)
            return shown == ("full", session.pose, session.edits, session.showing.shown)

        self.wait(there)
        self.spin(300)

    def shoot(self, name: str) -> None:
        """Write a picture of the screen where the window stands."""
        self.spin(150)
        frame = self._window.frameGeometry()
        picture = self._window.screen().grabWindow(0, frame.x(), frame.y(), frame.width(), frame.height())
        picture.save(str(self._out / f"{name}.png"))

    def walk(self, photo: Path) -> None:
        """Go through twelve states."""
        window = self._window
        session, bar, commands = window.session, window.view_bar, window.commands
        self.wait(lambda: session.model is not None)
        self.shoot("01_welcome")
        window.open_path(photo)
        self.wait(lambda: session.document is not None)
        self.rest()
        self.wait(window.edit_panel.likeness.isVisible)
        self.shoot("02_opened")
        names = [a.name for a in session.attributes if a.group != "photo"]
        for name, strength in zip(names, (1.5, -1.0, 0.5, 1.5), strict=False):
            session.set_edit(name, strength)
        session.look_from(math.radians(25), math.radians(5))
        self.rest()
        self.shoot("03_edited")
        commands.wipe.trigger()
        session.reset_pose()
        self.rest()
        self.shoot("04_wipe")
        with_state = window.studio.reference_rendered
        seen: list[object] = []
        with_state.connect(seen.append)
        commands.beside.trigger()
        bar.choose_reference(0)
        self.wait(lambda: bool(seen))
        self.rest()
        self.shoot("05_side_by_side")
        commands.uncompared.trigger()
        for number, name in ((1, "depth"), (2, "normals"), (3, "visibility")):
            commands.passes[number].trigger()
            self.rest()
            self.shoot(f"0{5 + number}_{name}")
        commands.passes[0].trigger()
        window.show_mesh(True)
        self.wait(lambda: window.mesh_view.mesh is not None or not window.studio.busy)
        self.spin(500)
        self.shoot("09_mesh")
        window.show_mesh(False)
        window.show_adjust()
        self.shoot("10_adjust")
        if window.adjust_dialog is not None:
            window.adjust_dialog.close()
        palette = window.show_palette()
        self.shoot("11_commands")
        palette.close()
        window.set_theme("light")
        window.edit_panel.show_history(True)
        self.rest()
        self.shoot("12_light_history")
        window.set_theme("dark")
        window.edit_panel.show_history(False)
        models = window.show_models()
        self.wait(lambda: models.selected is not None)
        self.shoot("13_models")
        models.close()
        settings = window.show_settings()
        self.shoot("14_settings")
        settings.close()

    def walk_film(self) -> None:
        """Animate the open head, look at the timeline, and export it."""
        window = self._window
        session, timeline = window.session, window.timeline
        session.reset_pose()
        window.toggle_timeline()
        timeline.take_motion("eight")
        moving = [a.name for a in session.attributes if a.group == "expression"][:2]
        for name, moments in zip(moving, ((0.0, 1.0, 3.0), (1.5, 2.5)), strict=False):
            for number, moment in enumerate(moments):
                made = session.animation.with_strength(name, moment, 1.6 * (number % 2))
                session.set_animation(made, "add key")
        timeline.rows.select(frozenset({(moving[0], 1.0)}))
        timeline.scrub(1.0)
        self.rest()
        self.shoot("20_timeline")
        for kind in ("turntable", "animation", "mesh"):
            dialog = window.show_export(kind)
            if dialog is None:
                return
            while dialog.preview_ready < 12 if kind != "mesh" else not dialog.facts:
                self.spin(200)
            self.spin(2500)
            self.shoot(f"21_export_{kind}")
            dialog.close()
        session.set_animation(session.animation.lasting(0.5), "length")
        dialog = window.show_export("animation")
        if dialog is None:
            return
        dialog.path.setText(str(self._out / "animation.mp4"))
        dialog.go.click()
        foot = dialog.progress
        self.wait(lambda: foot.bar.value() > 400)
        self.shoot("22_exporting")
        self.wait(foot.close_button.isVisible)
        self.shoot("23_exported")
        dialog.close()

    def walk_german(self, photo: Path) -> None:
        """Go through two states of a window that speaks German."""
        window = self._window
        self.wait(lambda: window.session.model is not None)
        window.open_path(photo)
        self.wait(lambda: window.session.document is not None)
        self.rest()
        self.wait(window.edit_panel.likeness.isVisible)
        self.shoot("17_german")
        sheet = window.show_shortcuts()
        self.shoot("18_german_shortcuts")
        sheet.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Drive the window.

    Args:
        argv: Arguments without the program's name; None: the process's own.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m app.gallery", description="Pictures of the window.")
    parser.add_argument("out", type=Path)
    parser.add_argument("photo", type=Path, nargs="?")
    parser.add_argument("--model")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--drag", type=float, default=0.0, metavar="SECONDS")
    arguments = parser.parse_args(argv)

    from PySide6.QtWidgets import QApplication

    from app.__main__ import assemble
    from app.dialogs import Unsaved
    from app.drag_recorder import record_drags
    from app.engine import Engine
    from app.settings import settings_store
    from app.settings_file import read_shared
    from app.theme import apply_theme, resource
    from app.translation_files import install

    arguments.out.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    apply_theme(application)
    with tempfile.TemporaryDirectory() as kept:
        folder, photo = Path(kept), arguments.photo or resource("portraits/sample.png")
        engine = Engine(model=arguments.model, device=arguments.device)
        for language in ("en", "de"):
            install(application, language)
            window = assemble(
                engine,
                settings_store(folder / "settings.ini"),
                data=folder,
                confirm=lambda parent, name: Unsaved.DISCARD,
                shared=read_shared(folder / "settings.toml"),
            )
            window.resize(1440, 900)
            window.show()
            gallery = Gallery(window, arguments.out)
            try:
                window.start(None)
                if language == "de":
                    gallery.walk_german(photo)
                    continue
                gallery.walk(photo)
                gallery.walk_film()
                if arguments.drag > 0:
                    sys.stdout.write(f"{record_drags(window, arguments.drag)}\n")
            finally:
                window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
