"""The window over the real core: a tiny model with random weights, a picture taken as it is."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.cli.random_model import random_checkpoint
from app.engine import Engine
from app.main_window import MainWindow
from app.messages import (
    AdjustRequest,
    AnimationExport,
    Document,
    ExportRequest,
    MeshExport,
    News,
    OpenRequest,
    Pass,
    Picture,
    PictureExport,
    Progress,
    SaveRequest,
    TurntableExport,
)
from app.photo_panel import PhotoPanel
from app.pose import Pose
from goae_core.animation import Animation, View
from goae_core.checkpoint import write_checkpoint
from goae_core.landmarks import Face
from goae_core.presets import preset
from goae_core.showing import Backdrop, Showing
from tests.app.conftest import shown_quality
from tests.app.fake_engine import FakeEngine

MODEL = "random-tiny"
SIDE = 64


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that holds the model."""
    folder = tmp_path_factory.mktemp("data")
    checkpoint = random_checkpoint(preset("tiny"))
    # An untrained head is thin air; with this bias its whole box is dense, and so has a surface.
    checkpoint.weights["generator"]["decoder.net.2.bias"][0] = 30.0
    write_checkpoint(checkpoint, folder / "models" / MODEL, half=False)
    return folder


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A colourful picture without a face."""
    rows, columns = np.mgrid[0:90, 0:120]
    pixels = np.stack([columns * 2, rows * 2, 128 + 0 * rows], axis=-1).astype(np.uint8)
    path = tmp_path / "colours.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def real(
    make_window: Callable[[Engine], MainWindow],
    data_dir: Path,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> MainWindow:
    """A window with the picture's head in it."""
    monkeypatch.setenv("GOAE_DATA_DIR", str(data_dir))
    window = make_window(Engine(model=MODEL, device="cpu"))
    with qtbot.waitSignal(window.session.model_changed):
        window.start(None)
    with qtbot.waitSignal(window.studio.opened):
        window.studio.open(OpenRequest(photo, center=True))
    wait_for_full_picture(window, qtbot)
    return window


def wait_for_full_picture(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    """Wait until the full picture of the present pose and edits is shown."""

    def there() -> bool:
        picture = window.viewport.picture
        return (
            picture is not None
            and shown_quality(window) == "full"
            and (picture.request.pose, picture.request.edits) == (window.session.pose, window.session.edits)
        )

    qtbot.waitUntil(there)
    assert window.viewport.picture is not None
    return window.viewport.picture.color


def test_the_model_tells_the_window_its_attributes(real: MainWindow) -> None:
    assert real.session.model is not None
    assert real.session.model.name == MODEL
    assert list(real.edit_panel.rows) == ["detail", "afa", "mix", "smile", "age"]


def test_the_crop_is_the_middle_and_the_reconstruction_is_seen_from_the_front(real: MainWindow) -> None:
    document = real.session.document
    assert document is not None
    assert document.crop.shape == document.reconstruction.shape == (SIDE, SIDE, 3)
    pose = document.pose
    assert (pose.yaw, pose.pitch, pose.roll, pose.zoom) == pytest.approx((0, 0, 0, 1), abs=1e-5)
    assert document.photo is not None
    assert document.photo.corners is not None
    # the middle 90 of 120 columns, all rows
    assert np.allclose(document.photo.corners, [(0.125, 0), (0.875, 0), (0.875, 1), (0.125, 1)])
    assert abs(int(document.crop[0, 0, 0]) - 2 * 15) < 6
    assert {"mse", "psnr", "ssim"} <= set(document.figures)
    assert document.seconds["total"] > 0


def test_orbiting_changes_the_picture_and_the_way_back_gives_it_again(real: MainWindow, qtbot: QtBot) -> None:
    front = wait_for_full_picture(real, qtbot)
    QTest.keyClick(real.viewport, Qt.Key.Key_Right)
    QTest.keyClick(real.viewport, Qt.Key.Key_Right)
    turned = wait_for_full_picture(real, qtbot)
    assert real.session.pose.yaw == pytest.approx(math.radians(10))
    assert not np.array_equal(front, turned)
    real.commands.reset_pose.trigger()
    assert np.array_equal(wait_for_full_picture(real, qtbot), front)


def test_a_slider_changes_the_head_and_undo_brings_back_exactly_the_unedited_one(
    real: MainWindow, qtbot: QtBot
) -> None:
    before = wait_for_full_picture(real, qtbot)
    slider = real.edit_panel.rows["age"].slider
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.position(3.0).toPoint())
    assert not np.array_equal(wait_for_full_picture(real, qtbot), before)
    real.commands.undo.trigger()
    assert np.array_equal(wait_for_full_picture(real, qtbot), before)


def test_pictures_films_and_meshes_are_written(real: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    requests: list[ExportRequest] = [
        PictureExport(tmp_path / "plain.png", 128, transparent=False),
        PictureExport(tmp_path / "free.png", 96, transparent=True),
        TurntableExport(tmp_path / "turn.gif", SIDE, frames=4, fps=8, yaw=0.5, pitch=0.1),
        TurntableExport(tmp_path / "turn.mp4", SIDE, frames=4, fps=8, yaw=0.5, pitch=0.1),
        MeshExport(tmp_path / "head.obj", 32),
        MeshExport(tmp_path / "head.glb", 32),
    ]
    for request in requests:
        with qtbot.waitSignal(real.studio.exported) as done:
            real.studio.export(request)
        assert done.args == [request.path]
    with Image.open(tmp_path / "plain.png") as picture:
        assert (picture.mode, picture.size) == ("RGB", (128, 128))
    with Image.open(tmp_path / "free.png") as picture:
        assert (picture.mode, picture.size) == ("RGBA", (96, 96))
    with Image.open(tmp_path / "turn.gif") as film:
        assert (getattr(film, "n_frames", 1), film.size) == (4, (SIDE, SIDE))
    assert (tmp_path / "turn.mp4").stat().st_size > 500
    for name in ("head.obj", "head.glb"):
        assert len(trimesh.load_mesh(tmp_path / name).faces) > 100
    left = {path.name for path in tmp_path.iterdir()} - {request.path.name for request in requests}
    assert left - {"settings.ini", "data"} == {"colours.png"}


def test_keyframes_are_saved_opened_played_and_written(
    real: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = real.session
    moving = Animation(seconds=1.0, fps=4, loops=False).with_view(0.0, View()).with_view(1.0, View(yaw=0.5))
    moving = moving.with_strength("smile", 0.0, 0.0).with_strength("smile", 1.0, 2.0)
    session.set_animation(moving, "add key")
    project, film = tmp_path / "moving.goae", tmp_path / "moving.apng"
    with qtbot.waitSignal(real.studio.saved):
        real.studio.save(project)
    session.set_animation(Animation(), "delete keys")
    with qtbot.waitSignal(real.studio.opened):
        real.studio.open(OpenRequest(project))
    assert session.animation == moving
    assert real.timeline.isVisible()
    session.set_moment(1.0)
    at_the_end = wait_for_full_picture(real, qtbot)
    assert session.edits == (("smile", 2.0),)
    session.set_moment(0.0)
    assert not np.array_equal(wait_for_full_picture(real, qtbot), at_the_end)
    shots = tuple(session.shot_at(moment) for moment in moving.moments())
    with qtbot.waitSignal(real.studio.exported):
        real.studio.export(AnimationExport(film, SIDE, 4, shots, transparent=True))
    with Image.open(film) as written:
        assert getattr(written, "n_frames", 1) == 4
        written.seek(3)
        last = np.asarray(written.convert("RGBA"))
    shown = last[..., :3] * (last[..., 3:] / 255.0)
    assert np.abs(shown - at_the_end).max() <= 2.0  # the viewport's picture lies over black


def test_a_film_that_is_stopped_leaves_nothing(real: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "turn.gif"
    with qtbot.waitSignal(real.studio.progressed):
        real.studio.export(TurntableExport(path, SIDE, frames=600, fps=24, yaw=0.5, pitch=0.1))
    with qtbot.waitSignal(real.studio.cancelled):
        real.studio.cancel()
    assert not path.exists()
    assert not list(tmp_path.glob(".turn*"))


def test_a_saved_project_opens_with_its_sliders_and_its_view(
    real: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    real.session.set_edit("smile", 1.5)
    real.session.set_pose(Pose(0.3, -0.1, 0.0, 1.25))
    shown = wait_for_full_picture(real, qtbot)
    project = tmp_path / "colours.goae"
    with qtbot.waitSignal(real.studio.saved):
        real.studio.save(project)
    assert not real.session.dirty
    real.session.set_edit("smile", 0.0)
    with qtbot.waitSignal(real.studio.opened):
        real.studio.open(OpenRequest(project))
    assert real.session.edits == (("smile", 1.5),)
    pose = real.session.pose
    assert (pose.yaw, pose.pitch, pose.zoom) == pytest.approx((0.3, -0.1, 1.25), abs=1e-4)
    assert real.session.project == project
    assert real.photo_panel.shown_name == "colours.png"  # it still lies beside the project
    again = wait_for_full_picture(real, qtbot)
    # planes are kept in half precision
    assert np.abs(again.astype(int) - shown).mean() < 1.5


def test_a_file_that_is_no_picture_leaves_the_head_alone(
    real: MainWindow, qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = wait_for_full_picture(real, qtbot)
    letter = tmp_path / "letter.png"
    letter.write_text("Dear reader")
    with qtbot.waitSignal(real.studio.failed):
        real.open_path(letter)
    assert real.error_dialog is not None
    assert "letter.png is no picture" in real.error_dialog.text()
    real.error_dialog.close()
    QTest.keyClick(real.viewport, Qt.Key.Key_Right)
    assert not np.array_equal(wait_for_full_picture(real, qtbot), before)


def test_a_picture_without_a_face_offers_its_middle(
    real: MainWindow, qtbot: QtBot, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not finding a face in a tiny picture takes the detector seconds; tests/goae_core has its own tests.
    looked: list[str] = []

    def nothing_found(image: np.ndarray) -> tuple[Face, ...]:
        looked.append("once")
        return ()

    monkeypatch.setattr("goae_core.photo.find_faces", nothing_found)
    monkeypatch.setattr("goae_core.landmarks.find_faces", nothing_found)
    with qtbot.waitSignal(real.studio.face_missing):
        real.open_path(photo)
    assert looked == ["once"]
    assert real.error_dialog is not None
    assert "--" not in real.error_dialog.text()
    real.error_dialog.close()
    assert real.session.document is not None


def test_a_project_of_a_retrained_model_opens_with_its_edits_and_view(
    photo: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def opened(request: OpenRequest, news: list[News]) -> Document:
        return Engine(model=MODEL, device="cpu").open(request, news.append, threading.Event())

    monkeypatch.setenv("GOAE_DATA_DIR", str(data_dir))
    old = opened(OpenRequest(photo, center=True), [])
    path = tmp_path / "me.goae"
    Engine(device="cpu").save(
        SaveRequest(path, old, (("age", 1.0),), replace(old.pose, yaw=0.4)), lambda news: None
    )
    assert opened(OpenRequest(path), []).notice == ""
    retrained = random_checkpoint(preset("tiny"), seed=1)
    write_checkpoint(retrained, tmp_path / "data" / "models" / MODEL, half=False)
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "data"))
    news: list[News] = []
    again = opened(OpenRequest(path), news)
    assert again.notice.startswith(f"The model '{MODEL}' has changed since this project was saved: its head")
    assert "Encoding the portrait" in [step.text for step in news if isinstance(step, Progress)]
    assert not np.array_equal(again.inversion.w_plus, old.inversion.w_plus)
    assert again.edits == (("age", 1.0),)
    assert again.view is not None
    assert again.view.yaw == pytest.approx(0.4, abs=1e-5)
    panel = PhotoPanel()
    qtbot.addWidget(panel)
    panel.show_document(again)
    assert panel.notice == again.notice


def test_a_model_that_is_not_there_is_a_sentence(
    make_window: Callable[[Engine], MainWindow],
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("GOAE_DATA_DIR", str(data_dir))
    window = make_window(Engine(model="nobody", device="cpu"))
    with qtbot.waitSignal(window.studio.failed):
        window.start(None)
    assert window.error_dialog is not None
    assert "nobody" in window.error_dialog.text()
    window.error_dialog.close()
    assert window.welcome.isVisible()


def test_closing_while_a_photo_is_being_inverted_stops_it(
    make_window: Callable[[Engine], MainWindow],
    data_dir: Path,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setenv("GOAE_DATA_DIR", str(data_dir))
    window = make_window(Engine(model=MODEL, device="cpu"))
    window.start(None)
    window.studio.open(OpenRequest(photo, center=True))
    with qtbot.waitSignal(window.studio.photo_found):
        pass
    assert window.close()
    assert window.session.document is None
    assert not isinstance(window.studio.engine, FakeEngine)


def test_the_shares_change_the_head_and_come_back_with_the_project(
    real: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    whole = wait_for_full_picture(real, qtbot)
    detail = 1.0 - real.session.strength("detail")
    real.session.set_edit("detail", detail)
    assert (wait_for_full_picture(real, qtbot) != whole).any()
    real.session.set_edit("afa", 0.25)
    real.session.set_edit("mix", 0.5)
    project = tmp_path / "shares.goae"
    with qtbot.waitSignal(real.studio.saved):
        real.studio.save(project)
    with qtbot.waitSignal(real.studio.opened):
        real.open_path(project)
    assert real.session.edits == (("detail", detail), ("afa", 0.25), ("mix", 0.5))
    assert not real.session.dirty


def test_pass_background_and_locks_come_back_with_the_project(
    real: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    green = Backdrop("color", (10, 200, 30))
    real.session.set_locked("smile", True)
    real.session.set_shown("normal")
    real.session.set_backdrop(green)
    project = tmp_path / "held.goae"
    with qtbot.waitSignal(real.studio.saved):
        real.studio.save(project)
    real.session.set_locked("smile", False)
    real.session.set_shown("color")
    real.session.set_backdrop(Backdrop())
    with qtbot.waitSignal(real.studio.opened):
        real.open_path(project)
    assert real.session.showing == Showing("normal", green, ("smile",))
    assert real.edit_panel.rows["smile"].lock.isChecked()
    assert real.view_bar.passes["normal"].isChecked()
    assert real.view_bar.pass_button.text() == "Normals"
    assert real.view_bar.backdrops["color"].isChecked()
    assert real.viewport.backdrop == green
    wait_for_full_picture(real, qtbot)
    picture = real.viewport.picture
    assert picture is not None
    assert picture.request.shown == "normal"


def test_a_frame_set_by_hand_is_cut_out_and_encoded_again(real: MainWindow, qtbot: QtBot) -> None:
    before = real.session.document
    assert before is not None
    assert before.framing is not None
    assert before.framing.side == pytest.approx(90 / 120)
    wanted = replace(before.framing, center=(0.25, 0.5), side=0.25, yaw=0.3)
    with qtbot.waitSignal(real.session.head_changed):
        real.studio.adjust(AdjustRequest(before, wanted))
    after = real.session.document
    assert after is not None
    assert after.framing is not None
    assert after.framing.center == pytest.approx((0.25, 0.5))
    assert after.framing.side == pytest.approx(0.25)
    assert after.pose.yaw == pytest.approx(0.3, abs=1e-5)
    # red grows by 2 a column: the middle of the cut is column 30
    assert int(after.crop[SIDE // 2, SIDE // 2, 0]) == pytest.approx(60, abs=2)


@pytest.mark.parametrize("shown", ["depth", "normal", "visibility", "residual"])
def test_every_pass_is_a_picture_of_its_own(real: MainWindow, qtbot: QtBot, shown: Pass) -> None:
    plain = wait_for_full_picture(real, qtbot)

    def whole(picture: Picture) -> bool:
        return (picture.request.quality, picture.request.shown) == ("full", shown)

    with qtbot.waitSignal(real.studio.picture_rendered, check_params_cb=whole) as answer:
        real.session.set_shown(shown)
    assert answer.args is not None
    picture = answer.args[0]
    assert picture.color.shape == plain.shape
    assert (picture.color != plain).any()
    assert (picture.alpha is None) == (shown == "residual")
