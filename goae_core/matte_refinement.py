"""The matte's border, moved to where the photograph changes colour.

The matting network has seen rendered persons only: it finds where a head is, but lets go of long hair and
dark cloth, and keeps pieces of background between ear and shoulder. Which colours are head and which are
background can be asked of the photograph itself: GrabCut (Rother et al. 2004, section 3) fits two colour
mixtures to what the network is sure of and cuts between them where the picture has an edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from goae_core.opencv import cv2

ITERATIONS = 3
"""Fits of the colour mixtures; more than three changed nothing on the test photographs."""
SURE = 0.08
"""Picture sides within which a confident matte may still be wrong: GrabCut decides there."""
SOFTNESS = 0.004
"""Deviation of the border's blur, picture sides: hair and optics never end within a pixel."""
LEAST_AGREEMENT = 0.7
"""Overlap with the network's matte below which head and background share colours and no cut is right."""
_LEAST = 64
"""Pixels of each kind without which a colour mixture of five means nothing."""


def refine_matte(picture: NDArray[np.uint8], matte: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut between head and background by colour.

    The same picture and matte give the same result, bit for bit.

    Args:
        picture: (H, W, 3) sRGB.
        matte: (H, W) in [0, 1], as the network found it.

    Returns:
        (H, W) in [0, 1], one connected piece with a soft border. `matte` itself where the network is sure of
        no head or of no background, for then there are no colours to learn, and where the cut contradicts it.
    """
    reach = 2 * max(1, round(SURE * matte.shape[0])) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    # beyond the frame the head goes on: its border there is not eaten away
    head = cv2.erode((matte > 0.9).astype(np.uint8), brush, borderType=cv2.BORDER_REPLICATE) > 0
    room = cv2.dilate((matte > 0.1).astype(np.uint8), brush) == 0
    if head.sum() < _LEAST or room.sum() < _LEAST:
        return matte
    labels = np.where(matte > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[head], labels[room] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)  # the mixtures start from k-means, which draws
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    mixtures = np.zeros((1, 65)), np.zeros((1, 65))
    no_rectangle = (0, 0, 1, 1)  # not looked at: the labels say where to begin
    cv2.grabCut(bgr, labels, no_rectangle, *mixtures, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    cut = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    piece = _without_holes(_largest_piece(cut))
    coarse = matte > 0.5
    if (piece & coarse).sum() < LEAST_AGREEMENT * (piece | coarse).sum():
        return matte
    soft = cv2.GaussianBlur(piece.astype(np.float32), (0, 0), SOFTNESS * matte.shape[0])
    return np.clip(soft, 0.0, 1.0).astype(np.float32)


def _largest_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count, pieces, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return mask
    largest = 1 + int(np.argmax(statistics[1:, cv2.CC_STAT_AREA]))
    kept: NDArray[np.bool_] = pieces == largest
    return kept


def _without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    # what is not head and does not reach the frame is a hole: an eye or a tooth of the background's colour
    padded = np.pad(~mask, 1, constant_values=True)
    _, pieces = cv2.connectedComponents(padded.astype(np.uint8), connectivity=4)
    outside: NDArray[np.bool_] = (pieces == pieces[0, 0])[1:-1, 1:-1]
    return ~outside
