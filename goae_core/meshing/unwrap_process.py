"""Unwrapping in a process of its own: xatlas neither pauses nor lets other threads run.

Run as a file, not imported: `python -P unwrap_process.py IN.npz OUT.npz`. It needs numpy and xatlas only.

    IN   vertices (V, 3), faces (F, 3), normals (V, 3), side, padding
    OUT  origin (V',), faces (F, 3), uv (V', 2) in shares of the page, v downwards; nothing if it fits no page
"""

from __future__ import annotations

import sys

import numpy as np
import xatlas

_ATTEMPTS = 8
_SHRINK = 0.93  # of the texels per unit, where the charts did not fit one page
_CHART_COST = 4.0  # twice the usual: half as many charts, so fewer seams


def _unwrap(source: str, target: str) -> None:
    given = np.load(source)
    packing = xatlas.PackOptions()
    packing.resolution = int(given["side"])
    packing.padding = int(given["padding"])
    packing.bilinear = True
    charting = xatlas.ChartOptions()
    charting.max_cost = _CHART_COST
    found = {}
    for _ in range(_ATTEMPTS):
        atlas = xatlas.Atlas()
        atlas.add_mesh(given["vertices"], given["faces"], given["normals"])
        atlas.generate(charting, packing)
        if atlas.atlas_count == 1:
            found = dict(zip(("origin", "faces", "uv"), atlas.get_mesh(0), strict=True))
            break
        packing.texels_per_unit = _SHRINK * atlas.texels_per_unit
    np.savez(target, **found)


if __name__ == "__main__":
    _unwrap(*sys.argv[1:])
