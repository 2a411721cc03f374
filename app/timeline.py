"""What the timeline computes: where a moment lies, which ticks there are, what a new key holds. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.translation import translate
from goae_core.animation import Animation, View

_TICK_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_LABEL_WIDTH = 56.0


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Moments and pixels.

    Attributes:
        left: Where second 0 lies, pixels.
        width: Of the whole length, pixels.
        seconds: The whole length.
    """

    left: float
    width: float
    seconds: float

    def x_of(self, moment: float) -> float:
        """Where a moment lies, pixels."""
        return self.left + self.width * moment / self.seconds

    def moment_at(self, x: float) -> float:
        """The moment at a place, held inside the length."""
        return min(max((x - self.left) / max(self.width, 1.0), 0.0), 1.0) * self.seconds

    def ticks(self) -> tuple[tuple[float, bool], ...]:
        """Moments of the ruler's marks, and whether each bears its number."""
        per_second = self.width / self.seconds
        step = next((s for s in _TICK_STEPS if s * per_second >= _LABEL_WIDTH), _TICK_STEPS[-1])
        parts = 5 if step * per_second / 5 >= 6.0 else 1
        count = round(self.seconds / step * parts + 1e-6 - 0.5)
        return tuple((k * step / parts, k % parts == 0) for k in range(count + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Keyed:
    """How the attributes stood when the last key was set."""

    moment: float
    strengths: Mapping[str, float]


def with_key(
    animation: Animation, moment: float, view: View, strengths: Mapping[str, float], last: Keyed | None
) -> Animation:
    """The animation with what is seen now as keys: the camera, and what moves.

    An attribute without keys gets some once it stands elsewhere than at the last key: one there, as it was
    then, and one now. So a look that was set before everything stays a look and makes no tracks.

    Args:
        animation: What there is.
        moment: Seconds.
        view: The camera.
        strengths: All attributes, those at rest too.
        last: None: no key was set yet.
    """
    changed = animation.with_view(moment, view)
    for track in animation.tracks:
        if track.name in strengths:
            changed = changed.with_strength(track.name, moment, strengths[track.name])
    moving = {track.name for track in animation.tracks}
    if last is not None and last.moment != moment:
        for name, strength in strengths.items():
            before = last.strengths.get(name, strength)
            if name not in moving and before != strength:
                changed = changed.with_strength(name, min(last.moment, animation.seconds), before)
                changed = changed.with_strength(name, moment, strength)
    return changed


def clock(moment: float) -> str:
    """A moment in words: `1.25 s`, `1:02.50`."""
    if moment < 60.0:
        return translate("Timeline", "{seconds:.2f} s").format(seconds=moment)
    return translate("Timeline", "{minutes}:{seconds:05.2f}").format(
        minutes=int(moment // 60), seconds=moment % 60
    )
