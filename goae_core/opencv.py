"""The one place that imports OpenCV.

``from goae_core.opencv import cv2`` gives the module; ``import cv2`` anywhere else is a failing test
(``tests/architecture/test_imports.py``).

Why: on Linux the wheel of ``opencv-python`` carries its own Qt, and its loader points
``QT_QPA_PLATFORM_PLUGIN_PATH`` and ``QT_QPA_FONTDIR`` at it for the whole process. A PySide6 window opened
afterwards then loads plugins of another Qt and aborts. Nothing here shows OpenCV windows, so the variables go
back to what the user had.
"""

from __future__ import annotations

import os

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")

_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

import cv2  # noqa: E402 - the environment has to be read before OpenCV writes to it

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2"]
