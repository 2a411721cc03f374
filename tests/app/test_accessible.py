"""For who sees little, uses no mouse, or hears the window read out: names, tips, keys, contrast."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QDialog,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.theme import THEMES, resource

_SURFACES = ("window", "panel", "raised", "well", "viewport")
_DRAWN = ("::chunk", "::handle", "::indicator", "::separator", "[rule=", "QProgressBar")
_LEAST = 4.5
_MOST_KEYS = 500


def luminance(shade: str) -> float:
    """Of "#rrggbb", as WCAG 2.1 says."""
    levels = [int(shade[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def text_pairs() -> list[tuple[str, str, str]]:
    """Every rule of the style sheet for something with text: its selector, the ink, and what it stands on."""
    sheet = re.sub(r"/\*.*?\*/", "", resource("theme.qss").read_text("utf-8"), flags=re.DOTALL)
    inks: dict[str, str] = {}
    pairs = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        for selector in (part.strip() for part in selectors.split(",")):
            # What cannot be used now is exempt; bars, grooves and handles carry no text.
            if ":disabled" in selector or any(part in selector for part in _DRAWN):
                continue
            ink = re.search(r"(?:^|[\s;])color:\s*@(\w+)@", body)
            ground = re.search(r"(?:^|[\s;])background:\s*@(\w+)@", body)
            plain = re.sub(r":(?!:)\w+$", "", selector)  # without the state, from which it inherits
            known = ink[1] if ink else inks.get(plain, "text")
            inks[selector] = known
            beneath = ("raised",) if selector.startswith("QMenu:") else _SURFACES
            if ground:
                pairs.append((selector, known, ground[1]))
            elif ink:
                pairs += [(selector, known, surface) for surface in beneath]
    return pairs


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_every_text_of_the_style_sheet_stands_out(theme: str) -> None:
    shades = THEMES[theme]
    measured = {
        (selector, ink, ground): contrast(shades[ink], shades[ground])
        for selector, ink, ground in text_pairs()
    }
    assert len(measured) > 60
    assert {pair: round(value, 2) for pair, value in measured.items() if value < _LEAST} == {}


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_handles_and_marks_can_be_told_from_what_they_lie_on(theme: str) -> None:
    shades = THEMES[theme]
    for mark, ground in (("accent", "panel"), ("accent", "well"), ("warning", "panel"), ("faint", "panel")):
        assert contrast(shades[mark], shades[ground]) >= 3.0


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def controls(top: QWidget) -> list[QWidget]:
    """Everything in a window that takes the focus now."""
    return [
        widget
        for widget in top.findChildren(QWidget)
        if widget.window() is top
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusProxy() is None
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def walked(top: QWidget) -> list[QWidget]:
    """What Tab comes by, until it comes by the same again; arrows visit the rest of a group."""
    found: list[QWidget] = []
    top.setFocus()
    for _ in range(_MOST_KEYS):
        here = focused(top)
        QTest.keyClick(top if here is None else here, Qt.Key.Key_Tab)
        here = focused(top)
        if here is None or here in found:
            break
        found.append(here)
    return found


def focused(top: QWidget) -> QWidget | None:
    """What the next key goes to; the stubs forget that there may be nothing."""
    return top.focusWidget()


def group_of(widget: QWidget) -> list[QAbstractButton]:
    """The buttons of which one is pressed: Tab goes to that one, arrows to the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return list(group.buttons()) if isinstance(group, QButtonGroup) and group.exclusive() else []


def check(top: QWidget, qtbot: QtBot) -> None:
    """Everything in a window is named, says what it does, and is reached by keys."""
    qtbot.waitUntil(top.isVisible)
    wanted = controls(top)
    assert wanted
    assert [type(widget).__name__ for widget in wanted if not name_of(widget)] == []
    untold = [name_of(w) for w in wanted if not w.toolTip() and not isinstance(w, QScrollArea)]
    assert untold == []
    untold = [
        b.text()
        for b in top.findChildren(QAbstractButton)
        if b.isVisible() and b.window() is top and not b.toolTip()
    ]
    assert untold == []
    reached = set(walked(top))
    for widget in list(reached):
        reached |= set(group_of(widget))
    assert [(type(w).__name__, name_of(w)) for w in wanted if w not in reached] == []
    # A button that keys cannot reach is one for the mouse alone.
    only_mouse = [
        name_of(button)
        for button in top.findChildren(QAbstractButton)
        if button.isVisible() and button.isEnabled() and button.window() is top and button not in reached
    ]
    assert only_mouse == []


def test_the_welcome_page_works_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    check(window, qtbot)


def test_the_whole_window_works_by_keyboard(opened: MainWindow, qtbot: QtBot) -> None:
    opened.session.set_edit("smile", 1.0)
    check(opened, qtbot)
    for command in (opened.commands.history, opened.commands.wipe):
        command.trigger()
        check(opened, qtbot)


def test_arrows_go_from_one_button_of_a_group_to_the_next(opened: MainWindow) -> None:
    head, mesh = opened.view_bar.head_button, opened.view_bar.mesh_button
    head.setFocus()
    QTest.keyClick(head, Qt.Key.Key_Right)
    assert QApplication.focusWidget() is mesh


_DIALOGS: dict[str, Callable[[MainWindow], QDialog | None]] = {
    "export": lambda window: window.show_export(),
    "training": lambda window: window.show_training(),
    "models": lambda window: window.show_models(),
    "settings": lambda window: window.show_settings(),
    "palette": lambda window: window.show_palette(),
}


@pytest.mark.parametrize("name", sorted(_DIALOGS))
def test_every_dialog_works_by_keyboard(opened: MainWindow, qtbot: QtBot, name: str) -> None:
    dialog = _DIALOGS[name](opened)
    assert dialog is not None
    check(dialog, qtbot)
    dialog.close()


def test_framing_by_hand_works_by_keyboard(opened: MainWindow, qtbot: QtBot) -> None:
    opened.show_adjust()
    assert opened.adjust_dialog is not None
    check(opened.adjust_dialog, qtbot)
    opened.adjust_dialog.close()


def test_every_command_says_what_it_does(opened: MainWindow) -> None:
    for action in opened.commands.all:
        assert action.text()
        assert action.toolTip().replace("&", "") not in ("", action.text().replace("&", ""))


@pytest.mark.parametrize("size", [(1366, 710), (1280, 680), (911, 450)])
def test_nothing_is_cut_off_on_a_small_screen(
    opened: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    """A laptop of 1366 x 768 without its bars; one at 150 per cent; and both at once."""
    opened.showNormal()
    opened.resize(*size)
    qtbot.waitUntil(lambda: (opened.width(), opened.height()) == size)
    QApplication.processEvents()
    whole = opened.rect()
    for widget in opened.findChildren(QAbstractButton):
        scrolled = any(isinstance(p, QScrollArea) and p.isAncestorOf(widget) for p in _parents(widget))
        if not widget.isVisible() or widget.window() is not opened:
            continue
        corner = widget.mapTo(opened, QPoint(0, 0))
        assert whole.left() <= corner.x()
        assert corner.x() + widget.width() <= whole.right() + 1, name_of(widget)
        assert widget.width() >= widget.minimumSizeHint().width(), name_of(widget)
        if not scrolled:
            assert corner.y() + widget.height() <= whole.bottom() + 1, name_of(widget)


def _parents(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()
