"""A small curve for every figure that training reports."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.theme import color
from app.training_run import TrainingNews
from app.translation import translate

_COLUMNS = 2
_HEIGHT = 150
_MOST_POINTS = 4000


class TrainingCurves(QScrollArea):
    """Curves over steps, two beside each other, in the order in which their figures first came.

    pyqtgraph is imported when the first figure comes.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start without curves."""
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(translate("TrainingCurves", "Curves"))
        self.setToolTip(translate("TrainingCurves", "What training reported, over its steps"))
        self._points: dict[str, tuple[list[float], list[float]]] = {}
        self._curves: dict[str, _Curve] = {}
        content = QWidget()
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setSpacing(10)
        self._empty = QLabel(translate("TrainingCurves", "The curves appear with the first steps."))
        self._empty.setProperty("role", "caption")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._grid.addWidget(self._empty, 0, 0, 1, _COLUMNS)
        self.setWidget(content)

    @property
    def names(self) -> list[str]:
        """The figures there are curves of."""
        return list(self._curves)

    def points(self, name: str) -> tuple[list[float], list[float]]:
        """Steps and values of a figure."""
        return self._points[name]

    def clear(self) -> None:
        """Take every curve away."""
        for curve in self._curves.values():
            self._grid.removeWidget(curve)
            curve.deleteLater()
        self._points.clear()
        self._curves.clear()
        self._empty.show()

    def add(self, news: Iterable[TrainingNews]) -> None:
        """Draw on; a step that is not later than the last begins the figures' curves anew."""
        changed = set()
        for step in news:
            for name, value in step.figures.items():
                if not math.isfinite(value):
                    continue
                steps, values = self._points.setdefault(name, ([], []))
                if steps and step.step < steps[-1]:
                    steps.clear()
                    values.clear()
                if steps and step.step == steps[-1]:
                    continue
                steps.append(float(step.step))
                values.append(value)
                if len(steps) > _MOST_POINTS:  # half as fine, as far back
                    steps[:], values[:] = steps[::2], values[::2]
                changed.add(name)
        for name in self._points:  # in their order
            if name in changed:
                self._curve(name).show_points(*self._points[name])

    def _curve(self, name: str) -> _Curve:
        if name not in self._curves:
            self._empty.hide()
            number = len(self._curves)
            self._curves[name] = _Curve(name)
            self._grid.addWidget(self._curves[name], number // _COLUMNS, number % _COLUMNS)
        return self._curves[name]


class _Curve(QWidget):
    """A title with the last value, and the curve."""

    def __init__(self, name: str) -> None:
        super().__init__()
        import pyqtgraph

        self._name = name.replace("_", " ")
        self._title = QLabel(self._name)
        self._title.setProperty("role", "caption")
        # Put together by hand: a PlotWidget brings seven menus that nobody can open here.
        plot: Any = pyqtgraph.GraphicsLayoutWidget()
        plot.setBackground(None)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setAccessibleName(self._name)
        plot.setToolTip(self._name)
        plot.setMinimumHeight(_HEIGHT)
        plot.ci.setContentsMargins(0, 4, 0, 0)
        view: Any = pyqtgraph.ViewBox(enableMenu=False, enableMouse=False)
        plot.addItem(view, 0, 1)
        for side, place in (("left", (0, 0)), ("bottom", (1, 1))):
            axis: Any = pyqtgraph.AxisItem(side, pen=color("line"), textPen=color("muted"))
            axis.linkToView(view)
            plot.addItem(axis, *place)
        self._plot = plot
        self._line: Any = pyqtgraph.PlotDataItem(
            [], [], pen=pyqtgraph.mkPen(color("accent"), width=1.6), antialias=True
        )
        view.addItem(self._line)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addWidget(plot)

    def show_points(self, steps: list[float], values: list[float]) -> None:
        self._title.setText(f"{self._name}   {values[-1]:.4g}")
        # A single step would be no line, and so nothing.
        self._line.setData(steps, values, symbol="o" if len(steps) == 1 else None, symbolSize=5)
