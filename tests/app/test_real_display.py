"""A real X server, the real program, and a hand that only knows the screen: xdotool.

Opens a photo by its path, orbits, drags a slider, takes it back, exports; a screenshot after each.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageGrab

from app.cli.random_model import random_checkpoint
from app.theme import resource
from goae_core.checkpoint import write_checkpoint
from goae_core.presets import preset

_PATIENCE_S = 600
_WIDTH, _HEIGHT = 1440, 900

State = dict[str, Any]


class Hand:
    """Keys and mouse on one display, and the program's own account of what came of them."""

    def __init__(self, display: str, program: subprocess.Popen[str], out: Path) -> None:
        self._display = display
        self._out = out
        self._lines: queue.Queue[str] = queue.Queue()
        self.state: State = {}
        stdout = program.stdout
        assert stdout is not None

        def read() -> None:
            for line in stdout:
                self._lines.put(line)

        self.reader = threading.Thread(target=read)
        self.reader.start()

    def do(self, *words: object) -> None:
        """What xdotool is told."""
        surroundings = {**os.environ, "DISPLAY": self._display}
        subprocess.run(["xdotool", *map(str, words)], env=surroundings, check=True, timeout=60)

    def focus(self) -> None:
        """No window manager does it here."""
        self.do("windowfocus", "--sync", self.state["window"])

    def until(self, condition: Callable[[State], bool]) -> State:
        """Wait for a state of the window."""
        while not (self.state and condition(self.state)):
            self.state = json.loads(self._lines.get(timeout=_PATIENCE_S))
        return self.state

    def drag(self, place: str, across: int) -> None:
        """Press there, move sideways in ten steps, let go."""
        self.do("mousemove", *self.state["places"][place], "mousedown", 1)
        for _ in range(10):
            self.do("mousemove_relative", "--", across // 10, 0)
        self.do("mouseup", 1)

    def shoot(self, name: str) -> np.ndarray:
        """What is on the screen now, (H, W, 3)."""
        picture = ImageGrab.grab(xdisplay=self._display).convert("RGB")
        picture.save(self._out / f"{name}.png")
        return np.asarray(picture)


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of its own."""
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}: apt-get install {'xvfb' if tool == 'Xvfb' else tool}")
    reading, writing = os.pipe()
    screen = f"{_WIDTH}x{_HEIGHT}x24"
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        try:
            assert number
            yield f":{number}"
        finally:
            server.terminate()


@pytest.fixture
def hand(display: str, tmp_path: Path) -> Iterator[Hand]:
    """The program with a tiny model on that display."""
    home = tmp_path / "home"
    checkpoint = random_checkpoint(preset("tiny"))
    write_checkpoint(checkpoint, home / "data" / "models" / "random-tiny", half=False)
    # Outside the keyboard's first letters nothing is typed: every keyboard has these.
    shutil.copy(resource("portraits/sample.png"), tmp_path / "me.png")
    folders = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "GOAE_DATA_DIR": str(home / "data")}
    screen = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
    surroundings = {**os.environ, **folders, **screen, "QT_QPA_PLATFORMTHEME": ""}
    surroundings.pop("WAYLAND_DISPLAY", None)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.app.window_process", "watch"],
        env=surroundings,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        made = Hand(display, program, tmp_path)
        try:
            yield made
        finally:
            program.kill()
            made.reader.join()


def test_a_photo_is_opened_turned_edited_undone_and_exported(hand: Hand, tmp_path: Path) -> None:
    hand.until(lambda state: state["model"])
    hand.shoot("1_welcome")

    hand.focus()
    hand.do("key", "ctrl+o")
    hand.until(lambda state: state["dialog"] == "QFileDialog")
    hand.do("type", "--delay", 20, str(tmp_path / "me.png"))
    hand.do("key", "Return")
    opened = hand.until(lambda state: state["open"] == "me" and state["picture"] == "full")
    before = hand.shoot("2_opened")

    hand.drag("viewport", 100)
    hand.until(lambda state: state["yaw"] != opened["yaw"])
    turned = hand.until(lambda s: s["picture"] == "full" and s["shown_yaw"] == s["yaw"])
    assert turned["yaw"] < opened["yaw"]  # the head follows the hand, so the camera goes the other way
    after = hand.shoot("3_turned")
    x, y = opened["places"]["viewport"]
    around = np.s_[y - 100 : y + 100, x - 100 : x + 100]
    assert np.abs(after[around].astype(int) - before[around]).max() > 0

    hand.drag("smile", 20)
    edited = hand.until(lambda state: state["steps"] == 1)
    assert edited["edits"][0][0] == "smile"
    assert edited["edits"][0][1] > 0
    hand.shoot("4_edited")

    hand.focus()
    hand.do("key", "ctrl+z")
    hand.until(lambda state: state["steps"] == 0)
    assert hand.state["edits"] == []
    hand.shoot("5_undone")

    hand.do("key", "ctrl+e")
    hand.until(lambda state: "export" in state["places"])
    hand.shoot("6_export")
    hand.do("mousemove", *hand.state["places"]["export"], "click", 1)
    written = hand.until(lambda state: bool(state["written"]))["written"]
    hand.shoot("7_exported")
    with Image.open(written[0]) as picture:
        assert min(picture.size) >= 64
