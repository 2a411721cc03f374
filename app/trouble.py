"""When the device fails: what went wrong, and how the window goes on with less. No Qt, no torch.

Errors are told by their names and words, since the window does not import torch.
"""

from __future__ import annotations

from typing import Literal

from app.translation import translate
from goae_core.errors import GoaeError

Trouble = Literal[
    "memory",  # there is none left
    "driver",  # the graphics card's driver gave up
    "missing",  # the device that was asked for is not there
]

_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")
_DRIVER = (
    *("cuda error", "cuda driver", "nvidia driver", "cudnn", "cublas", "cusolver", "hip error"),
    *("mps backend", "device-side assert", "acceleratorerror"),
)
_MISSING = "device that torch can use"


def trouble_of(error: Exception) -> Trouble | None:
    """What is wrong with the device; None if the error is about something else."""
    words = f"{type(error).__name__}: {error}".lower()
    if isinstance(error, GoaeError):
        return "missing" if _MISSING in words else None
    if isinstance(error, MemoryError) or "outofmemory" in words or any(part in words for part in _MEMORY):
        return "memory"
    if isinstance(error, RuntimeError) and any(part in words for part in _DRIVER):
        return "driver"
    return None


def on_processor(trouble: Trouble) -> str:
    """The sentence for going on without the graphics card."""
    return {
        "memory": translate(
            "trouble",
            "The graphics card has no memory left. The processor computes from now on, which takes longer; "
            "what was asked for last may have to be asked for again.",
        ),
        "driver": translate(
            "trouble",
            "The graphics card's driver gave up. The processor computes from now on, which takes longer; "
            "what was asked for last may have to be asked for again.",
        ),
        "missing": translate(
            "trouble",
            "The device of the settings is not on this computer, or its driver is missing. The processor "
            "computes instead.",
        ),
    }[trouble]


def in_drafts() -> str:
    """The sentence for going on with coarse pictures."""
    return translate(
        "trouble",
        "There is no memory left for pictures at full quality, so coarse ones are shown from now on. "
        "Close other programs, then choose the quality in the settings (Ctrl+,).",
    )


def no_memory() -> str:
    """The sentence for work that there is no memory for."""
    return translate(
        "trouble", "There is no memory left for this. Choose a smaller size, or close other programs."
    )


def head_is_lost() -> str:
    """The sentence for a head that lies on a card that no longer answers."""
    return translate(
        "trouble",
        "This head lies in the memory of a graphics card that no longer answers. Open the photo again.",
    )
