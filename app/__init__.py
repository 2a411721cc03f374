"""The program around ``goae_core``: the window (PySide6) and, free of Qt, the command line in ``app.cli``."""

from __future__ import annotations
