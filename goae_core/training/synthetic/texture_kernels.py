"""The loops of texturing, compiled. Alone, so that a change of colours compiles nothing anew."""

from __future__ import annotations

import numpy as np
from numba import njit

from goae_core.training.synthetic.subdivision import FloatArray


@njit(fastmath=True, cache=True, nogil=True)
def accumulate(total: FloatArray, picture: FloatArray, share: np.float32) -> None:
    """Add a share of a picture (h, w, 3) in place."""
    for y in range(total.shape[0]):
        for x in range(total.shape[1]):
            for c in range(3):
                total[y, x, c] += share * picture[y, x, c]


@njit(fastmath=True, cache=True, nogil=True)
def tint(
    albedo: FloatArray,
    tone: FloatArray,
    fields: FloatArray,
    logs: FloatArray,
    lip_field: FloatArray,
    lip_log: FloatArray,
    lid_field: FloatArray,
    cover: FloatArray,
    paints: FloatArray,
) -> None:
    """Multiply relative albedo (h, w, 3) in place by tone, fields and lip colour; paint lips and lids.

    With fields of another size than the albedo's, as off the face, only the tone counts.
    """
    on_face = lip_field.shape[0] == albedo.shape[0] and lip_field.shape[1] == albedo.shape[1]
    for y in range(albedo.shape[0]):
        for x in range(albedo.shape[1]):
            lip, lid = 0.0, 0.0
            if on_face:
                lid = lid_field[y, x]
                if lip_field[y, x] > 0:
                    redness = albedo[y, x, 0] / max(albedo[y, x, 1], 1e-3) - 1.12
                    lip = lip_field[y, x] * min(max(redness / 0.3, 0.0), 1.0)
            shade = 0.55 + 0.45 * min(albedo[y, x, 1], 1.5)
            for c in range(3):
                log = lip * lip_log[c]
                for k in range(fields.shape[0]):
                    log += fields[k, y, x] * logs[k, c]
                factor = tone[c] if log == 0.0 else tone[c] * np.exp(log)
                value = albedo[y, x, c] * factor
                value += lip * cover[0] * (shade * paints[0, c] - value)
                value += lid * cover[1] * (shade * paints[1, c] - value)
                albedo[y, x, c] = min(value, np.float32(0.92))
