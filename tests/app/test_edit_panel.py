from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.edit_panel import EditPanel
from app.session import Session
from tests.app.fake_engine import MODEL
from tests.app.test_session import document, edits


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    made = Session()
    made.open(document())
    return made


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> EditPanel:
    made = EditPanel(session)
    qtbot.addWidget(made)
    made.resize(360, 500)
    made.show()
    return made


def test_every_attribute_has_a_slider_and_a_number_with_a_name(panel: EditPanel) -> None:
    assert set(panel.rows) == {attribute.name for attribute in MODEL.attributes}
    row = panel.rows["mouth_open"]
    assert row.slider.accessibleName() == "Mouth open"
    assert row.number.accessibleName() == "Mouth open, number"


def test_a_dragged_slider_acts_at_every_move_and_leaves_one_step(panel: EditPanel, session: Session) -> None:
    slider = panel.rows["smile"].slider
    seen: list[float] = []
    session.edits_changed.connect(lambda: seen.append(session.strength("smile")))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=slider.position(0.0).toPoint())
    for strength in (0.5, 1.0, 1.5):
        QTest.mouseMove(slider, slider.position(strength).toPoint())
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=slider.position(1.5).toPoint())
    assert seen == pytest.approx([0.5, 1.0, 1.5], abs=0.05)
    assert panel.rows["smile"].number.value() == pytest.approx(1.5, abs=0.05)
    assert session.undo_stack.count() == 1
    session.undo()
    assert slider.strength == 0.0
    assert panel.rows["smile"].number.value() == 0.0


def test_double_click_sets_a_slider_to_zero(panel: EditPanel, session: Session) -> None:
    session.set_edit("age", 1.0)
    QTest.mouseDClick(panel.rows["age"].slider, Qt.MouseButton.LeftButton)
    assert edits(session) == ()


def test_a_real_double_click_away_from_zero_ends_at_zero_and_undo_brings_the_old_value_back(
    panel: EditPanel, session: Session
) -> None:
    session.set_edit("age", 1.0)
    slider = panel.rows["age"].slider
    there = slider.position(-1.0).toPoint()
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=there)
    QTest.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=there)
    assert edits(session) == ()
    session.undo()
    session.undo()
    assert edits(session) == (("age", 1.0),)


def test_a_number_typed_in_moves_the_slider(panel: EditPanel, session: Session) -> None:
    number = panel.rows["age"].number
    number.selectAll()
    QTest.keyClicks(number, number.locale().toString(-1.25, "f", 2))
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert edits(session) == (("age", -1.25),)
    assert panel.rows["age"].slider.strength == -1.25


def test_a_strength_beyond_the_trained_range_is_marked(panel: EditPanel, session: Session) -> None:
    session.set_edit("age", 2.0)
    assert panel.rows["age"].number.property("beyond") is False
    session.set_edit("age", 2.5)
    assert panel.rows["age"].number.property("beyond") is True


def test_keys_step_and_reset(panel: EditPanel, session: Session) -> None:
    slider = panel.rows["age"].slider
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert session.strength("age") == pytest.approx(0.2)  # a twentieth of the range each
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert edits(session) == ()


def test_reset_all_waits_for_something_to_reset(panel: EditPanel, session: Session) -> None:
    assert not panel.reset_all.isEnabled()
    session.set_edit("age", 1.0)
    session.set_edit("smile", 1.0)
    QTest.mouseClick(panel.reset_all, Qt.MouseButton.LeftButton)
    assert edits(session) == ()


def test_without_a_document_nothing_can_be_moved(qtbot: QtBot) -> None:
    session = Session()
    session.set_model(MODEL)
    panel = EditPanel(session)
    qtbot.addWidget(panel)
    assert not any(row.isEnabled() for row in panel.rows.values())
    session.open(document(project=Path("a.goae")))
    assert all(row.isEnabled() for row in panel.rows.values())
