"""The timeline under the head: its buttons, its ruler, its rows."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.session import Session
from app.theme import icon
from app.timeline import Keyed, clock, with_key
from app.timeline_player import TimelinePlayer
from app.timeline_rows import ROW, TimelineRows, TimelineRuler, next_key
from app.translation import mark, translate
from goae_core.animation import EASINGS, MAX_FPS, Easing, Motion

_VISIBLE_ROWS = 5
_NARROWEST = 640
_CLOCK = 168
_FIRST_GAIN = 200
_EASINGS: dict[Easing, str] = {
    "smooth": mark("Timeline", "Smooth"),
    "ease": mark("Timeline", "Ease in and out"),
    "ease_in": mark("Timeline", "Ease in"),
    "ease_out": mark("Timeline", "Ease out"),
    "linear": mark("Timeline", "Linear"),
    "hold": mark("Timeline", "Hold"),
}
MOTION_NAMES: dict[Motion, str] = {
    "sway": mark("Motion", "Sway"),
    "eight": mark("Motion", "Figure of eight"),
    "tilt": mark("Motion", "Nod"),
    "circle": mark("Motion", "Full circle"),
}
_MOTION_YAW = math.radians(30)
_MOTION_PITCH = math.radians(8)
_NOD_PITCH = math.radians(15)


class TimelinePanel(QFrame):
    """Keyframes of camera and attributes; acts live on the session.

    Signals:
        export_asked(): Write the animation as a film.
        close_asked(): Put the timeline away.
    """

    export_asked = Signal()
    close_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follow the session's animation."""
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setProperty("timeline", True)
        self.setAccessibleName(translate("Timeline", "Timeline"))
        self._session = session
        self._last: Keyed | None = None
        self.player = TimelinePlayer(session, self)
        self.player.playing_changed.connect(self._show_playing)
        self.ruler = TimelineRuler(session)
        self.rows = TimelineRows(session)
        for part in (self.ruler, self.rows):
            part.scrubbed.connect(self.scrub)
        self.rows.key_toggled.connect(self.toggle_key)
        self.rows.key_asked.connect(self._key_on_curve)
        self.rows.selection_changed.connect(self._show_selection)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.rows)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._hint = QLabel(
            translate(
                "Timeline",
                "Turn the head, move the playhead, press K: every K keeps what you see as a key. "
                "Or begin with a ready motion.",
            )
        )
        self._hint.setProperty("role", "caption")
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(18, 8, 18, 10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._squeeze: Literal[0, 1, 2] = 0
        self._roomy = 0
        self._row = self._header()
        layout.addLayout(self._row)
        layout.addWidget(self.ruler)
        layout.addWidget(self._scroll)
        layout.addWidget(self._hint)
        session.animation_changed.connect(self._follow)
        session.moment_changed.connect(self._show_moment)
        session.document_changed.connect(self._begin)
        session.model_changed.connect(self._fill_attributes)
        self._follow()
        self._show_selection()

    # What a person asks for

    def scrub(self, moment: float) -> None:
        """Stop playing and put the playhead there, seconds."""
        self.player.stop()
        self._session.set_moment(moment)

    def toggle_playing(self) -> None:
        """Play, or stop."""
        if self.player.playing:
            self.player.stop()
        else:
            self.player.play()

    def add_key(self) -> None:
        """Keep what is seen now as keys at the playhead: the camera, and what moves."""
        session = self._session
        self.player.stop()
        moment = session.animation.snapped(session.moment)
        strengths = {a.name: session.strength(a.name) for a in session.attributes}
        made = with_key(session.animation, moment, session.pose.view, strengths, self._last)
        self._last = Keyed(moment, strengths)
        session.set_animation(made, translate("Timeline", "add key"))

    def toggle_key(self, track: str | None) -> None:
        """Set or delete the key of one track at the playhead."""
        session, moment = self._session, self._session.moment
        self.player.stop()
        key = session.animation.key_at(track, moment)
        if key is not None:
            made = session.animation.without({(track, key.seconds)})
            session.set_animation(made, translate("Timeline", "delete key"))
            return
        moment = session.animation.snapped(moment)
        if track is None:
            made = session.animation.with_view(moment, session.pose.view)
        else:
            made = session.animation.with_strength(track, moment, session.strength(track))
        session.set_animation(made, translate("Timeline", "add key"))

    def delete_selected(self) -> None:
        """Delete the selected keys."""
        self.rows.delete_selected()

    def step_key(self, direction: int) -> None:
        """Put the playhead on the next key to the right (1) or left (-1)."""
        self.scrub(next_key(self._session.animation, self._session.moment, direction))

    def take_motion(self, motion: Motion) -> None:
        """Put a ready path in place of the camera's keys."""
        pitch = _NOD_PITCH if motion == "tilt" else _MOTION_PITCH
        made = self._session.animation.with_motion(
            motion, _MOTION_YAW, 0.0 if motion == "circle" else pitch, self._session.pose.view
        )
        self._session.set_animation(made, translate("Motion", MOTION_NAMES[motion]).lower())
        self.scrub(self._session.moment)

    # Qt

    def minimumSizeHint(self) -> QSize:
        """Narrower than all words need: they give way to their icons."""
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """No wider than that: a timeline takes the width there is, and asks for none."""
        return QSize(_NARROWEST, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words where there is room."""
        super().resizeEvent(event)
        if not self._squeeze:
            self._roomy = self._row.minimumSize().width()
        missing = self._roomy - event.size().width()
        self._set_squeeze(0 if missing <= 0 else 1 if missing <= _FIRST_GAIN else 2)

    # Building

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(12, 7, 10, 7)
        row.setSpacing(3)
        self.start_button = self._tool("to_start", translate("Timeline", "To the start (Home)"))
        self.start_button.clicked.connect(lambda: self.scrub(0.0))
        self.previous_button = self._tool("key_previous", translate("Timeline", "Previous key (Ctrl+Left)"))
        self.previous_button.clicked.connect(lambda: self.step_key(-1))
        self.play_button = self._tool("play", translate("Timeline", "Play or stop (Space)"))
        self.play_button.clicked.connect(self.toggle_playing)
        self.next_button = self._tool("key_next", translate("Timeline", "Next key (Ctrl+Right)"))
        self.next_button.clicked.connect(lambda: self.step_key(1))
        self.loop_button = self._tool(
            "loop", translate("Timeline", "Loop: the end leads back to the beginning")
        )
        self.loop_button.setCheckable(True)
        self.loop_button.clicked.connect(self._set_loops)
        for button in (
            self.start_button,
            self.previous_button,
            self.play_button,
            self.next_button,
            self.loop_button,
        ):
            row.addWidget(button)
        self._clock = QLabel()
        self._clock.setMinimumWidth(_CLOCK)
        self._clock.setContentsMargins(10, 0, 0, 0)
        self._clock.setAccessibleName(translate("Timeline", "Playhead"))
        row.addWidget(self._clock)
        row.addStretch(1)
        self.add_button = QPushButton(icon("key_add"), translate("Timeline", "Add key"))
        self.add_button.setToolTip(
            translate("Timeline", "Keep what is seen now as a key: camera, and attributes that moved (K)")
        )
        self.add_button.clicked.connect(self.add_key)
        row.addWidget(self.add_button)
        self.attribute_button = self._menu_button(
            "sliders", translate("Timeline", "Attribute"), translate("Timeline", "Give an attribute a row")
        )
        row.addWidget(self.attribute_button)
        self.motion_button = self._menu_button(
            "motion",
            translate("Timeline", "Motion"),
            translate("Timeline", "A ready path in place of the camera's keys"),
        )
        for motion, text in MOTION_NAMES.items():
            action = self.motion_button.menu().addAction(translate("Motion", text))
            action.triggered.connect(partial(self._take, motion))
        row.addWidget(self.motion_button)
        row.addSpacing(10)
        self.easing = QComboBox()
        for easing in EASINGS:
            self.easing.addItem(translate("Timeline", _EASINGS[easing]), easing)
        self.easing.setAccessibleName(translate("Timeline", "Easing"))
        self.easing.setToolTip(translate("Timeline", "How the selected keys go on towards the next one"))
        self.easing.activated.connect(self._set_easing)
        row.addWidget(self.easing)
        self.delete_button = self._tool("trash", translate("Timeline", "Delete the selected keys (Delete)"))
        self.delete_button.clicked.connect(self.delete_selected)
        row.addWidget(self.delete_button)
        row.addSpacing(10)
        self.length = QDoubleSpinBox()
        self.length.setRange(0.5, 600.0)
        self.length.setDecimals(2)
        self.length.setSuffix(" s")
        self.length.setAccessibleName(translate("Timeline", "Length"))
        self.length.setToolTip(translate("Timeline", "Length; keys keep their share of it"))
        self.length.valueChanged.connect(self._set_length)
        self.fps = QSpinBox()
        self.fps.setRange(1, MAX_FPS)
        self.fps.setSuffix(" fps")
        self.fps.setAccessibleName(translate("Timeline", "Frames a second"))
        self.fps.setToolTip(translate("Timeline", "Frames a second, of the timeline and of its film"))
        self.fps.valueChanged.connect(self._set_fps)
        for box, width in ((self.length, 84), (self.fps, 70)):
            box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            box.setKeyboardTracking(False)
            box.setFixedWidth(width)
            box.lineEdit().setTextMargins(5, 0, 0, 0)
            row.addWidget(box)
        row.addSpacing(10)
        self.export_button = QPushButton(icon("film"), translate("Timeline", "Export…"))
        self.export_button.setToolTip(translate("Timeline", "Write the animation as a film"))
        self.export_button.clicked.connect(self.export_asked)
        row.addWidget(self.export_button)
        self.close_button = self._tool("cancel", translate("Timeline", "Put the timeline away (Ctrl+L)"))
        self.close_button.clicked.connect(self.close_asked)
        row.addWidget(self.close_button)
        return row

    def _tool(self, symbol: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(symbol))
        button.setIconSize(QSize(18, 18))
        button.setToolTip(tip)
        button.setAccessibleName(tip.split("(")[0].strip())
        return button

    def _menu_button(self, symbol: str, text: str, tip: str) -> QToolButton:
        button = self._tool(symbol, tip)
        button.setText(text)
        button.setProperty("menu", True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(QMenu(button))
        return button

    def _set_squeeze(self, squeeze: Literal[0, 1, 2]) -> None:
        """Leave out words: none; those of the menus and the frame's number; all of them."""
        if squeeze == self._squeeze:
            return
        self._squeeze = squeeze
        for button, text, worth in (
            (self.add_button, translate("Timeline", "Add key"), 2),
            (self.attribute_button, translate("Timeline", "Attribute"), 1),
            (self.motion_button, translate("Timeline", "Motion"), 1),
            (self.export_button, translate("Timeline", "Export…"), 2),
        ):
            button.setText("" if squeeze >= worth else text)
            button.setAccessibleName(text)
        for menu in (self.attribute_button, self.motion_button):
            style = Qt.ToolButtonStyle
            menu.setToolButtonStyle(style.ToolButtonIconOnly if squeeze else style.ToolButtonTextBesideIcon)
        for step in (self.previous_button, self.next_button):
            step.setVisible(squeeze < 2)
        self._clock.setMinimumWidth(76 if squeeze else _CLOCK)
        self._show_moment()

    # What happens

    def _begin(self) -> None:
        self.player.stop()
        self._last = None

    def _take(self, motion: Motion, checked: bool = False) -> None:
        self.take_motion(motion)

    def _key_on_curve(self, track: str | None, moment: float) -> None:
        animation = self._session.animation
        if track is None:
            made = animation.with_view(moment, self._session.shot_at(moment).pose.view)
        else:
            strength = animation.strength_at(track, moment)
            made = animation.with_strength(
                track, moment, self._session.strength(track) if strength is None else strength
            )
        self._session.set_animation(made, translate("Timeline", "add key"))
        self.rows.select(frozenset({(track, moment)}))

    def _set_easing(self, number: int) -> None:
        made = self._session.animation.eased(self.rows.selected, EASINGS[number])
        self._session.set_animation(made, translate("Timeline", "easing"))

    def _set_length(self, seconds: float) -> None:
        self._session.set_animation(self._session.animation.lasting(seconds), translate("Timeline", "length"))

    def _set_fps(self, fps: int) -> None:
        self._session.set_animation(
            replace(self._session.animation, fps=fps), translate("Timeline", "frames a second")
        )

    def _set_loops(self, loops: bool) -> None:
        self._session.set_animation(
            replace(self._session.animation, loops=loops), translate("Timeline", "loop")
        )

    def _follow(self) -> None:
        animation = self._session.animation
        for box, value in ((self.length, animation.seconds), (self.fps, animation.fps)):
            box.blockSignals(True)
            box.setValue(value)  # type: ignore[arg-type] # each its own kind of number
            box.blockSignals(False)
        self.loop_button.setChecked(animation.loops)
        self._scroll.setFixedHeight(min(max(len(self.rows.tracks), 1), _VISIBLE_ROWS) * ROW)
        self._hint.setVisible(animation.empty)
        for button in (
            self.play_button,
            self.start_button,
            self.previous_button,
            self.next_button,
            self.export_button,
        ):
            button.setEnabled(not animation.empty)
        self._fill_attributes()
        self._show_moment()

    def _fill_attributes(self) -> None:
        menu = self.attribute_button.menu()
        menu.clear()
        moving = {track.name for track in self._session.animation.tracks}
        for attribute in self._session.attributes:
            if attribute.name not in moving:
                action = menu.addAction(attribute.label)
                action.triggered.connect(partial(self._add_attribute, attribute.name))
        self.attribute_button.setEnabled(not menu.isEmpty())

    def _add_attribute(self, name: str, checked: bool = False) -> None:
        self.toggle_key(name)

    def _show_moment(self) -> None:
        animation, moment = self._session.animation, self._session.moment
        frame = min(int(moment * animation.fps + 1e-6) + 1, animation.frame_count)
        words = translate("Timeline", "{time}  ·  frame {frame} of {count}").format(
            time=clock(moment), frame=frame, count=animation.frame_count
        )
        self._clock.setText(clock(moment) if self._squeeze else words)
        self._clock.setToolTip(words)

    def _show_selection(self) -> None:
        selected = self.rows.selected
        keys = [self._session.animation.key_at(*each) for each in selected]
        easings = {key.easing for key in keys if key is not None}
        self.easing.setEnabled(bool(selected))
        self.delete_button.setEnabled(bool(selected))
        if len(easings) == 1:
            self.easing.setCurrentIndex(EASINGS.index(easings.pop()))

    def _show_playing(self, playing: bool) -> None:
        self.play_button.setIcon(icon("pause" if playing else "play"))
