"""Keyframes: how the camera and the attributes of a head move with time. Numbers only; no torch here.

    track       keys in order of time; between two of them the first one's easing says how to get there
    animation   a track of views, a track of strengths for each attribute that moves, a length, a speed

In an animation that loops the last key leads back to the first, so the end meets the beginning exactly.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import AnimationError

Easing = Literal[
    "smooth",  # through the keys without a halt, never beyond them; rests where the movement turns
    "ease",  # starts and ends gently
    "ease_in",  # starts gently
    "ease_out",  # ends gently
    "linear",  # always the same speed
    "hold",  # stays, then jumps
]
EASINGS: Final[tuple[Easing, ...]] = get_args(Easing)
Motion = Literal[
    "sway",  # an ellipse before the face
    "circle",  # all the way round
    "eight",  # a figure of eight, lying
    "tilt",  # up and down
]
MOTIONS: Final[tuple[Motion, ...]] = get_args(Motion)
MAX_SECONDS: Final = 600.0
MAX_FPS: Final = 60

_Floats = NDArray[np.float64]
_EIGHTHS: Final = 8


@dataclass(frozen=True, slots=True)
class View:
    """From where a head is seen.

    Attributes:
        yaw: Radians, of the camera's position about the origin; positive towards +x.
        pitch: Radians; positive above.
        roll: Radians about the view axis.
        zoom: Factor on the rig's focal length.
        right: Shift of the picture to the right, in picture sides.
        up: Shift of the picture upwards, in picture sides.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    right: float = 0.0
    up: float = 0.0


@dataclass(frozen=True, slots=True)
class ViewKey:
    """Where the camera is at a moment.

    Attributes:
        seconds: The moment.
        view: The camera.
        easing: How it goes on towards the next key.
    """

    seconds: float
    view: View
    easing: Easing = "smooth"


@dataclass(frozen=True, slots=True)
class StrengthKey:
    """How strong an attribute is at a moment.

    Attributes:
        seconds: The moment.
        strength: In the attribute's unit.
        easing: How it goes on towards the next key.
    """

    seconds: float
    strength: float
    easing: Easing = "smooth"


@dataclass(frozen=True, slots=True)
class StrengthTrack:
    """The keys of one attribute, at least one, in order of time."""

    name: str
    keys: tuple[StrengthKey, ...]


Mark = tuple[str | None, float]
"""Which key: the attribute's name, None for the camera's, and its moment in seconds."""
Key = ViewKey | StrengthKey
_AnyKey = TypeVar("_AnyKey", ViewKey, StrengthKey)


@dataclass(frozen=True, slots=True)
class Animation:
    """Everything that moves, and for how long.

    Attributes:
        seconds: Length, above 0 and at most 600.
        fps: Frames a second, 1 to 60.
        loops: Whether the last key leads back to the first.
        camera: Keys of the view; empty: the camera stands.
        tracks: Attributes that move, each once.

    Raises:
        AnimationError: If numbers or order of the keys make no animation.
    """

    seconds: float = 4.0
    fps: int = 24
    loops: bool = True
    camera: tuple[ViewKey, ...] = ()
    tracks: tuple[StrengthTrack, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.seconds <= MAX_SECONDS:
            raise AnimationError(f"an animation lasts up to {MAX_SECONDS:g} seconds, got {self.seconds:g}")
        if not 1 <= self.fps <= MAX_FPS:
            raise AnimationError(f"an animation runs at 1 to {MAX_FPS} frames a second, got {self.fps}")
        names = [track.name for track in self.tracks]
        if len(set(names)) < len(names):
            raise AnimationError("an animation has one track for an attribute; join the two")
        for name in (None, *names):
            self._check(name)

    def _check(self, track: str | None) -> None:
        keys = self.keys_of(track)
        called = "the camera's track" if track is None else f"the track of {track}"
        if track is not None and not keys:
            raise AnimationError(f"{called} has no key; leave the track out")
        moments = [key.seconds for key in keys]
        if any(later - earlier < 1e-9 for earlier, later in pairwise(moments)):
            raise AnimationError(f"the keys of {called} must stand in order of time, each at its own moment")
        if moments and not (moments[0] >= 0.0 and moments[-1] <= self.seconds + 1e-9):
            raise AnimationError(
                f"{called} has keys from {moments[0]:g} to {moments[-1]:g} s; expected 0 to {self.seconds:g}"
            )
        if not all(math.isfinite(number) for key in keys for number in _row(key)):
            raise AnimationError(f"{called} holds numbers that are not finite; set those keys anew")

    @property
    def empty(self) -> bool:
        """Whether nothing moves."""
        return not self.camera and not self.tracks

    @property
    def frame_count(self) -> int:
        """Frames of the film."""
        return max(1, round(self.seconds * self.fps))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every key: the camera's first, then track by track."""
        names: tuple[str | None, ...] = (None, *(track.name for track in self.tracks))
        return tuple((name, key.seconds) for name in names for key in self.keys_of(name))

    def moments(self) -> tuple[float, ...]:
        """The moment of every frame, seconds.

        In a loop the frame after the last one would be the first; otherwise first and last frame are the two
        ends.
        """
        count = self.frame_count
        steps = count if self.loops else max(count - 1, 1)
        return tuple(k * self.seconds / steps for k in range(count))

    def snapped(self, moment: float) -> float:
        """The nearest moment on a whole frame, held inside the length."""
        return min(max(round(moment * self.fps) / self.fps, 0.0), self.seconds)

    def keys_of(self, track: str | None) -> tuple[Key, ...]:
        """The keys of an attribute, or of the camera (None); empty if it has none."""
        if track is None:
            return self.camera
        return next((known.keys for known in self.tracks if known.name == track), ())

    def key_at(self, track: str | None, moment: float) -> Key | None:
        """The key within half a frame of a moment."""
        near = [key for key in self.keys_of(track) if abs(key.seconds - moment) < 0.5 / self.fps]
        return min(near, key=lambda key: abs(key.seconds - moment), default=None)

    def view_at(self, moment: float, *, behind: bool = False) -> View | None:
        """The camera at a moment, see `views`; None if it has no key."""
        found = self.views((moment,), behind=behind)
        return found[0] if found else None

    def views(self, moments: Sequence[float], *, behind: bool = False) -> tuple[View, ...]:
        """The cameras at moments; none if the camera has no key.

        Yaw, pitch, roll and shift go straight from key to key, zoom by equal factors in equal times.

        Args:
            moments: Seconds.
            behind: Whether the camera may pass behind the head: yaw then takes the shorter way round.
                Otherwise it always passes the face.
        """
        if not self.camera:
            return ()
        rows = _values(self.camera, moments, self._period, turning=(0, 2) if behind else (2,))
        return tuple(
            View(
                _turned(yaw),
                pitch,
                _turned(roll),
                math.exp(zoom),
                right * math.exp(zoom),
                up * math.exp(zoom),
            )
            for yaw, pitch, roll, zoom, right, up in rows.tolist()
        )

    def strength_at(self, name: str, moment: float) -> float | None:
        """The strength of an attribute at a moment, seconds; None if it has no key."""
        track = next((known for known in self.tracks if known.name == name), None)
        return float(_values(track.keys, (moment,), self._period)[0, 0]) if track else None

    def strengths_at(self, moment: float) -> dict[str, float]:
        """The strengths of all attributes that move, at a moment, seconds."""
        return {name: found[0] for name, found in self.strengths((moment,)).items()}

    def strengths(self, moments: Sequence[float]) -> dict[str, list[float]]:
        """The strengths of all attributes that move: for each one number a moment, seconds."""
        return {
            track.name: _values(track.keys, moments, self._period)[:, 0].tolist() for track in self.tracks
        }

    def with_view(self, moment: float, view: View) -> Animation:
        """With a key of the camera; one within half a frame is replaced and keeps its easing."""
        old = self.key_at(None, moment)
        key = replace(old, view=view) if isinstance(old, ViewKey) else ViewKey(moment, view)
        return self._with_keys(None, _placed(self.camera, key))

    def with_strength(self, name: str, moment: float, strength: float) -> Animation:
        """With a key of an attribute; one within half a frame is replaced and keeps its easing."""
        old = self.key_at(name, moment)
        key = (
            replace(old, strength=strength) if isinstance(old, StrengthKey) else StrengthKey(moment, strength)
        )
        return self._with_keys(name, _placed(self.keys_of(name), key))

    def without(self, marks: Collection[Mark]) -> Animation:
        """Without these keys; a track without keys goes too."""
        changed = self
        for track in {track for track, _ in marks}:
            left = tuple(key for key in self.keys_of(track) if (track, key.seconds) not in marks)
            changed = changed._with_keys(track, left)
        return changed

    def shift(self, marks: Collection[Mark], by: float) -> float:
        """How far these keys can move together, seconds: by whole frames, none past either end."""
        if not marks:
            return 0.0
        first, last = min(moment for _, moment in marks), max(moment for _, moment in marks)
        by = self.snapped(first + by) - first if first + by >= 0.0 else -first
        return min(max(by, -first), self.seconds - last)

    def moved(self, marks: Collection[Mark], by: float) -> Animation:
        """With these keys moved together; a key that they land on gives way.

        Args:
            marks: Which.
            by: Seconds; held as `shift` says.
        """
        by = self.shift(marks, by)
        changed = self
        for track in {track for track, _ in marks}:
            held = [key for key in self.keys_of(track) if (track, key.seconds) in marks]
            keys = tuple(key for key in self.keys_of(track) if key not in held)
            for key in held:
                keys = _placed(keys, replace(key, seconds=key.seconds + by), 0.5 / self.fps)
            changed = changed._with_keys(track, keys)
        return changed

    def eased(self, marks: Collection[Mark], easing: Easing) -> Animation:
        """With another easing after these keys."""
        changed = self
        for track in {track for track, _ in marks}:
            keys = tuple(
                replace(key, easing=easing) if (track, key.seconds) in marks else key
                for key in self.keys_of(track)
            )
            changed = changed._with_keys(track, keys)
        return changed

    def lasting(self, seconds: float) -> Animation:
        """Stretched to another length: every key keeps its share of the time."""
        share = seconds / self.seconds

        def stretched(keys: tuple[_AnyKey, ...]) -> tuple[_AnyKey, ...]:
            return tuple(replace(key, seconds=min(key.seconds * share, seconds)) for key in keys)

        return replace(
            self,
            seconds=seconds,
            camera=stretched(self.camera),
            tracks=tuple(replace(track, keys=stretched(track.keys)) for track in self.tracks),
        )

    def with_motion(self, motion: Motion, yaw: float, pitch: float, base: View) -> Animation:
        """With a turntable's path in place of the camera's keys.

        Args:
            motion: The path.
            yaw: Radians to each side.
            pitch: Radians up and down.
            base: Zoom and shift are taken from it.
        """
        keys = []
        for eighth in range(_EIGHTHS):
            angles = motion_angles(motion, 2.0 * math.pi * eighth / _EIGHTHS, yaw, pitch)
            view = replace(base, yaw=angles[0], pitch=angles[1], roll=0.0)
            keys.append(ViewKey(eighth * self.seconds / _EIGHTHS, view))
        return replace(self, camera=tuple(keys), loops=True)

    @property
    def _period(self) -> float | None:
        return self.seconds if self.loops else None

    def _with_keys(self, track: str | None, keys: Sequence[Key]) -> Animation:
        if track is None:
            return replace(self, camera=tuple(key for key in keys if isinstance(key, ViewKey)))
        held = tuple(key for key in keys if isinstance(key, StrengthKey))
        made = StrengthTrack(track, held)
        if not held:
            return replace(self, tracks=tuple(known for known in self.tracks if known.name != track))
        if track in {known.name for known in self.tracks}:
            return replace(self, tracks=tuple(made if t.name == track else t for t in self.tracks))
        return replace(self, tracks=(*self.tracks, made))


def motion_angles(motion: Motion, turn: float, yaw: float, pitch: float) -> tuple[float, float]:
    """Where a turntable's camera stands.

        sway    yaw sin(turn), pitch cos(turn): starts above the face, then goes to +x
        circle  turn, pitch: starts at the face, then goes to +x; `yaw` is not heeded
        eight   yaw sin(turn), pitch sin(2 turn)
        tilt    0, pitch sin(turn)

    Args:
        motion: The path.
        turn: Radians; 2 pi is one loop.
        yaw: Radians to each side.
        pitch: Radians up and down.

    Returns:
        Yaw in (-pi, pi] and pitch, radians.

    Source: "sway" is Chan et al. 2022 (EG3D), the film of the release, with true angles and an exact loop.
    """
    match motion:
        case "sway":
            return yaw * math.sin(turn), pitch * math.cos(turn)
        case "circle":
            return _turned(turn), pitch
        case "eight":
            return yaw * math.sin(turn), pitch * math.sin(2.0 * turn)
        case "tilt":
            return 0.0, pitch * math.sin(turn)


def eased_share(easing: Easing, share: float) -> float:
    """How much of the way is done, for every easing but "smooth", which depends on the neighbours.

        linear s    ease 3 s^2 - 2 s^3    ease_in s^2    ease_out 1 - (1 - s)^2    hold 0

    Args:
        easing: Which; "smooth" is taken for "ease".
        share: Of the time between two keys, 0 to 1.
    """
    return float(_eased(easing, np.array([share]))[0])


def _eased(easing: Easing, share: _Floats) -> _Floats:
    match easing:
        case "linear":
            return share
        case "ease_in":
            return share * share
        case "ease_out":
            return 1.0 - (1.0 - share) ** 2
        case "hold":
            return np.zeros_like(share)
        case "ease" | "smooth":
            return share * share * (3.0 - 2.0 * share)


def _values(
    keys: Sequence[Key], moments: Sequence[float], period: float | None, turning: tuple[int, ...] = ()
) -> _Floats:
    """The D numbers of a track at M moments, (M, D).

    Args:
        keys: At least one.
        moments: Seconds.
        period: Length of the loop; None: the first and the last key hold.
        turning: Which numbers are angles that take the shorter way round.
    """
    times = np.array([key.seconds for key in keys])
    rows = np.array([_row(key) for key in keys])
    if len(keys) == 1:
        return np.repeat(rows, len(moments), axis=0)
    order = np.arange(len(keys))
    if period is None:
        # flat on both sides: "smooth" starts from rest and comes to rest
        times = np.concatenate([times[:1] - 1.0, times, times[-1:] + 1.0])
        order = np.concatenate([order[:1], order, order[-1:]])
    else:
        before = times - period < times[0] - 1e-9
        after = times + period > times[-1] + 1e-9
        kept = np.concatenate([before, np.ones(len(keys), dtype=bool), after])
        times = np.concatenate([times - period, times, times + period])[kept]
        order = np.tile(order, 3)[kept]
    rows = rows[order]
    for column in turning:
        rows[:, column] = np.unwrap(rows[:, column])
    at = np.asarray(moments, dtype=np.float64)
    # on a key, "hold" has jumped: the key itself is the left one
    left = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    span = times[left + 1] - times[left]
    share = np.clip((at - times[left]) / span, 0.0, 1.0)
    step = rows[left + 1] - rows[left]
    easings = np.array([EASINGS.index(key.easing) for key in keys])[order][left]
    done = np.zeros_like(share)
    for number in set(easings.tolist()):
        here = easings == number
        done[here] = _eased(EASINGS[number], share[here])
    values = rows[left] + done[:, None] * step
    smooth = easings == EASINGS.index("smooth")
    if smooth.any():
        slopes = _slopes(times, rows)
        start, end = slopes[left] * span[:, None], slopes[left + 1] * span[:, None]
        bend, twist = 3.0 * step - 2.0 * start - end, start + end - 2.0 * step
        way = share[:, None]
        curve = rows[left] + way * (start + way * (bend + way * twist))
        values[smooth] = curve[smooth]
    return np.asarray(values)


def _slopes(times: _Floats, rows: _Floats) -> _Floats:
    """How fast the numbers pass each key, a second, of a cubic that never goes beyond two neighbours.

    A harmonic mean of both sides' slopes, 0 where the way turns and at both ends. The numbers are those of
    scipy's `PchipInterpolator`, whose import would stop a window for a second.

    Source: Fritsch and Butland 1984, a method for constructing local monotone piecewise cubic interpolants.
    """
    span = np.diff(times)[:, None]
    rise = np.diff(rows, axis=0) / span
    before, after = rise[:-1], rise[1:]
    weight, next_weight = 2.0 * span[1:] + span[:-1], span[1:] + 2.0 * span[:-1]
    slopes = np.zeros_like(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weight + next_weight) / (weight / before + next_weight / after)
    slopes[1:-1] = np.where(before * after > 0.0, mean, 0.0)
    return slopes


def _row(key: Key) -> tuple[float, ...]:
    """The key's numbers, as they are mixed: zoom as a logarithm, shifts as they would be at zoom 1."""
    if isinstance(key, StrengthKey):
        return (key.strength,)
    view = key.view
    if not view.zoom > 0.0:
        return (math.nan,)
    return (
        view.yaw,
        view.pitch,
        view.roll,
        math.log(view.zoom),
        view.right / view.zoom,
        view.up / view.zoom,
    )


def _placed(keys: Sequence[Key], key: Key, within: float = 1e-9) -> tuple[Key, ...]:
    """The keys with one more, in order; those within some seconds of it give way."""
    others = [other for other in keys if abs(other.seconds - key.seconds) >= within]
    return tuple(sorted([*others, key], key=lambda each: each.seconds))


def _turned(angle: float) -> float:
    """The same direction in (-pi, pi]."""
    turned = math.remainder(angle, 2.0 * math.pi)
    return math.pi if turned == -math.pi else turned
