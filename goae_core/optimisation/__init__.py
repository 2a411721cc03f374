"""Seconds spent on one head: the camera if it is clearly wrong, w+, AFA's features, until it meets its photo.

    camera       = refined where the evidence is clear, with the encoder's style, which does not know it
    w+           = argmin  |render(planes(w+)) - photo|^2 + silhouette + (w+ - encoder's in deviations)^2
                           + rarity among persons + change of shape
    AFA again, on the smaller residual
    scale, shift = argmin  |render(fused planes) - photo|^2 + silhouette + energy of the change
                           + density and unseen colour at points around the head, kept
    after each stage: kept if the photo's view gains and silhouette and sides do not pay for it; else less
    of the way; else nothing

Nothing that the photo cannot tell is free: w+ moves along the deviations that the mapping network itself
produces, its rows together rather than apart, and no further than a bound; features pass the generator's own
upper blocks. Texels of the planes are never variables. The camera stands still while w+ moves, for both
explain the same pixels, and a camera that is free walks off.

    optimiser    the stages             style, anchors   what may move, and what is watched
    target       the photo, its loss    sides            what notices overfitting
    descent      the steps              request, outcome

Source: ours; optimising w+ with the deviation of w as the unit follows Karras et al. 2020 (StyleGAN2, section
5), a second phase behind a pivot Roich et al. 2021 (PTI), though no weight of a network moves here.
"""

from __future__ import annotations

from goae_core.optimisation.optimiser import optimise
from goae_core.optimisation.outcome import Fit, OptimisationProgress, Optimised, Stage
from goae_core.optimisation.request import MAX_SECONDS, OptimisationRequest, Precision, Priors

__all__ = [
    "MAX_SECONDS",
    "Fit",
    "OptimisationProgress",
    "OptimisationRequest",
    "Optimised",
    "Precision",
    "Priors",
    "Stage",
    "optimise",
]
