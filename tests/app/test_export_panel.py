from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from app import export_pages
from app.export_panel import ExportDialog
from app.export_preview import sampled
from app.export_progress import size_words
from app.main_window import MainWindow
from app.messages import AnimationExport, MeshExport, PictureExport, Shot, TurntableExport
from app.pose import Pose
from app.settings import read_settings, settings_store
from goae_core.animation import Animation, View
from tests.app.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ExportDialog:
    made = ExportDialog("head", tmp_path, read_settings(settings_store(tmp_path / "s.ini")), None)
    qtbot.addWidget(made)
    made.show()
    return made


def choose(dialog: ExportDialog, field: str, value: int | str) -> None:
    for box in dialog.page.findChildren(QSpinBox):
        if box.accessibleName() == field and isinstance(value, int):
            box.setValue(value)
            return
    for combo in dialog.page.findChildren(QComboBox):
        if combo.accessibleName() == field:
            combo.setCurrentIndex(combo.findData(value))
            return
    raise AssertionError(f"no field {field}")


def test_a_picture_is_offered_first(dialog: ExportDialog, tmp_path: Path) -> None:
    assert dialog.request() == PictureExport(tmp_path / "head.png", 512, transparent=False)


def test_a_turntable_takes_degrees_and_gives_radians(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.show_kind("turntable")
    choose(dialog, "Frames", 12)
    choose(dialog, "Yaw to each side", 45)
    choose(dialog, "Pitch up and down", 0)
    request = dialog.request()
    assert isinstance(request, TurntableExport)
    assert request.path == tmp_path / "head_turntable.gif"
    assert (request.frames, request.fps, request.size) == (12, 24, 256)
    assert request.yaw == pytest.approx(math.pi / 4)
    assert request.pitch == 0.0


def test_the_format_changes_the_file_name_and_the_file_name_the_format(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.show_kind("mesh")
    choose(dialog, "Format", ".glb")
    assert dialog.request() == MeshExport(tmp_path / "head_mesh.glb", 256)
    dialog.path.setText(str(tmp_path / "other.ply"))
    assert dialog.page.chosen_suffix() == ".ply"
    assert dialog.request() == MeshExport(tmp_path / "other.ply", 256)


def test_a_name_that_fits_no_format_or_folder_cannot_be_exported(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.path.setText(str(tmp_path / "head.doc"))
    assert dialog.request() is None
    assert not dialog.go.isEnabled()
    dialog.path.setText(str(tmp_path / "nowhere" / "head.png"))
    assert not dialog.go.isEnabled()
    dialog.path.setText(str(tmp_path / "head.png"))
    assert dialog.go.isEnabled()


def test_export_asks_once_and_keeps_the_choices(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.show_kind("turntable")
    choose(dialog, "Frames", 12)
    with qtbot.waitSignal(dialog.export_asked) as asked:
        dialog.go.click()
    assert asked.args is not None
    assert isinstance(asked.args[0], TurntableExport)
    assert dialog.settings.turntable_frames == 12
    assert dialog.settings.export_folder == str(tmp_path)


def test_what_the_file_will_be_stands_there_before(dialog: ExportDialog) -> None:
    choose(dialog, "Size", 256)
    assert dialog.facts == {"Picture": "256 × 256 pixels", "File": "about 69 kB"}
    dialog.show_kind("turntable")
    choose(dialog, "Frames", 48)
    choose(dialog, "Frames a second", 24)
    facts = dialog.facts
    assert (facts["Frames"], facts["Length"]) == ("48", "2.0 s")
    assert facts["File"] == "about 1.7 MB"  # 48 frames of 36 kB
    choose(dialog, "Format", ".mp4")
    assert dialog.facts["File"] == "about 82 kB"  # 48 frames of 1.7 kB
    choose(dialog, "Size", 512)
    assert dialog.facts["File"] == "about 201 kB"  # twice the side: 2 ** 1.3 = 2.46 times as much


def test_background_and_motion_are_part_of_the_request_and_kept(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.show_kind("turntable")
    choose(dialog, "Format", ".webp")
    choose(dialog, "Motion", "eight")
    choose(dialog, "Background", "transparent")
    request = dialog.request()
    assert isinstance(request, TurntableExport)
    assert (request.motion, request.transparent, request.background) == ("eight", True, None)
    choose(dialog, "Format", ".mp4")
    request = dialog.request()
    assert isinstance(request, TurntableExport)
    assert not request.transparent
    assert "knows no transparency" in dialog.page.hint()
    choose(dialog, "Background", "#ffffff")
    request = dialog.request()
    assert isinstance(request, TurntableExport)
    assert request.background == (255, 255, 255)
    kept = dialog.settings
    assert (kept.export_kind, kept.turntable_motion) == ("turntable", "eight")
    assert (kept.turntable_format, kept.turntable_background) == (".mp4", "#ffffff")
    again = ExportDialog("head", tmp_path, kept, None)
    again.show_kind(kept.export_kind)
    assert again.request() == request
    again.deleteLater()


def test_a_colour_of_ones_own_comes_back_with_the_settings(dialog: ExportDialog, tmp_path: Path) -> None:
    from dataclasses import replace

    kept = replace(dialog.settings, picture_background="#123456")
    again = ExportDialog("head", tmp_path, kept, None)
    assert again.request() == PictureExport(tmp_path / "head.png", 512, False, (0x12, 0x34, 0x56))
    assert again.settings.picture_background == "#123456"
    again.deleteLater()


def test_pictures_of_a_film_go_into_a_folder_that_is_not_there_yet(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.show_kind("turntable")
    choose(dialog, "Format", "")
    request = dialog.request()
    assert request is not None
    assert request.path == tmp_path / "head_turntable"
    (tmp_path / "head_turntable").mkdir()
    dialog.path.setText(str(tmp_path / "head_turntable"))
    choose(dialog, "Frames", 7)
    assert dialog.request() is None
    choose(dialog, "Format", ".gif")
    request = dialog.request()
    assert request is not None
    assert request.path == tmp_path / "head_turntable.gif"


def test_without_keys_there_is_no_animation_to_write(dialog: ExportDialog) -> None:
    dialog.show_kind("animation")
    assert dialog.request() is None
    assert not dialog.go.isEnabled()


def test_it_says_how_far_the_writing_is_and_a_click_stops_it(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened.show_export("turntable")
    assert dialog is not None
    dialog.path.setText(str(tmp_path / "turn.gif"))
    engine.gate.clear()
    QTest.mouseClick(dialog.go, LEFT)
    qtbot.waitUntil(lambda: dialog.progress.title == "Frame 1 of 2")
    assert dialog.progress.bar.value() == 500
    assert not dialog.page.isEnabled()
    with qtbot.waitSignal(opened.studio.cancelled):
        QTest.mouseClick(dialog.progress.cancel_button, LEFT)
    assert not dialog.exporting
    assert dialog.page.isEnabled()
    assert dialog.go.isVisible()
    assert not (tmp_path / "turn.gif").exists()


def test_what_was_written_can_be_shown_and_another_follows(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened.show_export("mesh")
    assert dialog is not None
    dialog.path.setText(str(tmp_path / "head.ply"))
    with qtbot.waitSignal(opened.studio.exported):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.progress.title == "Wrote head.ply")
    assert dialog.progress.detail == "1 kB"
    assert dialog.progress.folder_button.isVisible()
    QTest.mouseClick(dialog.progress.again_button, LEFT)
    assert dialog.go.isVisible()
    with qtbot.waitSignal(opened.studio.exported):
        QTest.mouseClick(dialog.go, LEFT)
    qtbot.waitUntil(lambda: dialog.progress.close_button.isVisible())
    with qtbot.waitSignal(dialog.finished):
        QTest.mouseClick(dialog.progress.close_button, LEFT)
    again = opened.show_export()
    assert again is not None
    assert again.page.KIND == "mesh"  # the last choices are kept
    assert again.page.chosen_suffix() == ".ply"
    again.close()


def test_a_closed_dialog_lets_the_writing_go_on(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened.show_export("picture")
    assert dialog is not None
    dialog.path.setText(str(tmp_path / "head.png"))
    engine.gate.clear()
    QTest.mouseClick(dialog.go, LEFT)
    with qtbot.waitSignal(dialog.finished):
        QTest.mouseClick(dialog.progress.background_button, LEFT)
    with qtbot.waitSignal(opened.studio.exported):
        engine.gate.set()
    assert (tmp_path / "head.png").exists()
    assert opened.status.text == "Wrote head.png"


def test_the_film_is_played_from_drafts_before_it_is_made(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    dialog = opened.show_export("turntable")
    assert dialog is not None
    choose(dialog, "Frames", 4)
    choose(dialog, "Yaw to each side", 20)
    choose(dialog, "Pitch up and down", 0)
    qtbot.waitUntil(lambda: dialog.preview_ready == 4)
    drafts = [frame for frame in engine.frames if frame.quality == "draft"][-4:]
    assert all(frame.shown == "color" for frame in drafts)
    assert [math.degrees(frame.pose.yaw) for frame in drafts] == pytest.approx([0, 20, 0, -20], abs=1e-9)
    assert dialog.canvas.image is not None
    qtbot.waitUntil(lambda: [frame.quality for frame in engine.frames[-4:]] == ["full"] * 4)
    dialog.close()


def test_the_timelines_button_exports_its_frames(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = opened.session
    made = Animation(seconds=1.0, fps=4, loops=False).with_view(0.0, View()).with_view(1.0, View(yaw=0.3))
    made = made.with_strength("smile", 1.0, 1.5)
    session.set_animation(made.eased(made.marks, "linear"), "add key")
    opened.commands.timeline.trigger()
    QTest.mouseClick(opened.timeline.export_button, LEFT)
    (dialog,) = opened.findChildren(ExportDialog)
    assert dialog.page.KIND == "animation"
    choose(dialog, "Format", ".webp")
    request = dialog.request()
    assert isinstance(request, AnimationExport)
    assert [shot.pose.yaw for shot in request.shots] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert {shot.edits for shot in request.shots} == {(("smile", 1.5),)}
    assert request.fps == 4
    dialog.path.setText(str(tmp_path / "moving.webp"))
    with qtbot.waitSignal(opened.studio.exported):
        QTest.mouseClick(dialog.go, LEFT)
    dialog.close()


def test_a_preview_takes_few_frames_of_many() -> None:
    shots = tuple(Shot(Pose(yaw=k / 1000), ()) for k in range(240))
    assert sampled(shots) == shots[::10]
    assert sampled(shots[:5]) == shots[:5]


def test_sizes_in_words() -> None:
    assert [size_words(n) for n in (0, 640_000, 1_340_000, 23_400_000, 2.5e9)] == [
        "1 kB",
        "640 kB",
        "1.3 MB",
        "23 MB",
        "2.5 GB",
    ]


def test_a_mesh_takes_a_texture_only_where_the_file_carries_one(dialog: ExportDialog, tmp_path: Path) -> None:
    from goae_core.meshing import options

    assert export_pages._TEXTURES == options.TEXTURE_SIZES
    assert export_pages._TEXTURED == options.TEXTURED_SUFFIXES
    dialog.show_kind("mesh")
    choose(dialog, "Format", ".glb")
    choose(dialog, "Texture", 2048)
    choose(dialog, "Triangles at most", 9000)
    choose(dialog, "Smoothing", 3)
    wanted = MeshExport(tmp_path / "head_mesh.glb", 256, texture=2048, triangles=9000, smoothing=3)
    assert dialog.request() == wanted
    choose(dialog, "Format", ".stl")
    request = dialog.request()
    assert isinstance(request, MeshExport)
    assert request.texture == 0
    assert dialog.settings.mesh_texture == 2048


def test_a_mesh_is_estimated_from_a_sample(dialog: ExportDialog) -> None:
    dialog.show_kind("mesh")
    page = dialog.page
    assert isinstance(page, export_pages.MeshPage)
    assert dialog.facts == {}
    page.set_sample(64, 5_000, 10_000)
    choose(dialog, "Resolution", 128)  # twice the resolution: four times the surface
    assert dialog.facts["Triangles"] == "about 40 thousand"
    choose(dialog, "Triangles at most", 10_000)
    assert dialog.facts["Vertices"] == "about 5 thousand"
    choose(dialog, "Format", ".stl")
    assert dialog.facts["File"] == "about 500 kB"  # 50 bytes a triangle


def test_the_mesh_dialog_says_that_its_preview_is_being_built_and_then_what_it_comes_to(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.gate.clear()
    dialog = opened.show_export("mesh")
    assert dialog is not None
    assert dialog.canvas.caption == "Building a preview…"
    assert dialog.facts == {}
    engine.gate.set()
    qtbot.waitUntil(lambda: dialog.canvas.caption == "")
    assert dialog.facts["Triangles"] == "about 1 thousand"
    engine.gate.clear()
    choose(dialog, "Resolution", 64)
    dialog.close()  # what comes after that is not shown any more
    engine.gate.set()
    qtbot.waitUntil(lambda: not opened.studio.busy)
