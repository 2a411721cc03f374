"""GOAE Studio's library: one portrait photograph becomes a 3D head that orbits, edits and exports.

The package holds torch and numpy code only: no Qt, no printing, no global device. Its modules are imported
one by one (``from goae_core.camera import Camera``), so that asking for a camera loads no networks.
"""

from __future__ import annotations

__version__ = "0.1.0"
