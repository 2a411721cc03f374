"""Everything that can go wrong on purpose.

    GoaeError                 base; its text is one sentence a user can act on
    ├── UnknownPresetError    a preset name nobody knows
    ├── PhotoError            a picture that cannot be read or used
    │   └── NoFaceError       no face was found in it
    ├── CameraError           a label or camera file that describes no camera
    ├── CheckpointError       weights that are foreign, damaged, hostile or of the wrong shape
    │   ├── UnknownModelError a model name that is neither embedded nor imported
    │   └── LicenceError      a model whose terms nobody has accepted yet
    ├── DirectionError        an edit direction that does not fit or does not exist
    ├── ProjectError          a .goae file that cannot be opened
    ├── ExportError           a picture, film or mesh that cannot be written
    ├── AnimationError        keyframes that make no animation
    ├── TrainingError         a data set, head pack or run that cannot be used
    ├── SettingsError         a settings file that cannot be read or written
    └── StoppedError          work that was asked to stop, and did

Each message says what happened, what was expected or found, and what to do.
"""

from __future__ import annotations


class GoaeError(Exception):
    """Base of all errors meant for the user."""


class UnknownPresetError(GoaeError):
    """A preset name nobody knows."""


class PhotoError(GoaeError):
    """A picture that cannot be read or used."""


class NoFaceError(PhotoError):
    """No face was found in a picture."""


class CameraError(GoaeError):
    """A label or camera file that describes no camera."""


class CheckpointError(GoaeError):
    """Weights that are foreign, damaged, hostile or of the wrong shape."""


class UnknownModelError(CheckpointError):
    """A model name that is neither embedded nor imported."""


class LicenceError(CheckpointError):
    """A model whose terms nobody has accepted yet.

    Attributes:
        name: The model's.
    """

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class DirectionError(GoaeError):
    """An edit direction that does not fit the model or does not exist."""


class ProjectError(GoaeError):
    """A project file that cannot be opened."""


class ExportError(GoaeError):
    """A picture, film or mesh that cannot be written."""


class AnimationError(GoaeError):
    """Keyframes that make no animation."""


class TrainingError(GoaeError):
    """A data set, head pack or training run that cannot be used."""


class SettingsError(GoaeError):
    """A settings file that cannot be read or written."""


class StoppedError(GoaeError):
    """Work that was asked to stop, and did."""
