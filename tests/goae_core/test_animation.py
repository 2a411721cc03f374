from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest

from goae_core.animation import (
    MOTIONS,
    Animation,
    Easing,
    Motion,
    StrengthKey,
    StrengthTrack,
    View,
    ViewKey,
    eased_share,
    motion_angles,
)
from goae_core.errors import AnimationError
from goae_core.strict_json import JsonMismatchError, from_json, to_json


def smiling(*keys: StrengthKey, seconds: float = 4.0, loops: bool = False) -> Animation:
    return Animation(seconds=seconds, fps=10, loops=loops, tracks=(StrengthTrack("smile", keys),))


@pytest.mark.parametrize(
    ("easing", "quarter", "half"),
    [
        ("linear", 0.25, 0.5),
        ("ease", 0.15625, 0.5),  # 3/16 - 2/64
        ("ease_in", 0.0625, 0.25),
        ("ease_out", 0.4375, 0.75),
        ("hold", 0.0, 0.0),
    ],
)
def test_easings_by_hand(easing: Easing, quarter: float, half: float) -> None:
    assert eased_share(easing, 0.25) == pytest.approx(quarter)
    assert eased_share(easing, 0.5) == pytest.approx(half)
    assert eased_share(easing, 0.0) == 0.0
    assert eased_share(easing, 1.0) == (0.0 if easing == "hold" else 1.0)
    moved = smiling(StrengthKey(1.0, -1.0, easing), StrengthKey(3.0, 3.0))
    assert moved.strength_at("smile", 1.5) == pytest.approx(-1.0 + 4.0 * quarter)
    assert moved.strength_at("smile", 2.0) == pytest.approx(-1.0 + 4.0 * half)
    assert moved.strength_at("smile", 3.0) == pytest.approx(3.0)


def test_before_the_first_and_after_the_last_key_it_stays() -> None:
    moved = smiling(StrengthKey(1.0, 0.5), StrengthKey(3.0, 2.0))
    assert moved.strength_at("smile", 0.0) == pytest.approx(0.5)
    assert moved.strength_at("smile", 4.0) == pytest.approx(2.0)
    assert moved.strength_at("age", 2.0) is None
    assert smiling(StrengthKey(1.0, 0.5)).strengths_at(3.0) == {"smile": 0.5}


def test_a_loop_goes_from_the_last_key_back_to_the_first() -> None:
    moved = smiling(StrengthKey(1.0, 0.0, "linear"), StrengthKey(2.0, 3.0, "linear"), loops=True)
    # from second 2 to second 4 + 1 in three seconds: one unit a second downwards
    assert moved.strength_at("smile", 3.0) == pytest.approx(2.0)
    assert moved.strength_at("smile", 4.0) == pytest.approx(1.0)
    assert moved.strength_at("smile", 0.0) == pytest.approx(1.0)
    assert moved.strength_at("smile", 0.5) == pytest.approx(0.5)


def test_a_key_on_both_ends_of_a_loop_is_no_trouble() -> None:
    moved = smiling(StrengthKey(0.0, 1.0, "linear"), StrengthKey(4.0, 2.0), loops=True)
    assert moved.strength_at("smile", 0.0) == pytest.approx(1.0)
    assert moved.strength_at("smile", 2.0) == pytest.approx(1.5)
    assert moved.strength_at("smile", 4.0) == pytest.approx(2.0)


def test_smooth_passes_the_keys_without_a_halt_and_never_beyond_them() -> None:
    keys = [StrengthKey(0.0, 0.0), StrengthKey(1.0, 1.0), StrengthKey(2.0, 2.0), StrengthKey(3.0, 2.0)]
    moved = smiling(*keys)
    values = [moved.strength_at("smile", k / 100) or 0.0 for k in range(301)]
    assert values[::100] == pytest.approx([0.0, 1.0, 2.0, 2.0])
    assert all(after >= before - 1e-12 for before, after in pairwise(values))
    assert max(values) <= 2.0 + 1e-12
    assert values[1] < 0.001  # starts from rest
    # in the middle key the speed is the harmonic mean of both sides' slopes: 1 a second
    assert (values[101] - values[99]) / 0.02 == pytest.approx(1.0, abs=0.01)


def test_smooth_is_the_monotone_cubic_that_scipy_knows() -> None:
    from scipy.interpolate import PchipInterpolator

    times, strengths = [0.5, 1.0, 1.75, 3.0, 3.5], [0.0, 0.4, 2.0, 2.5, -1.0]
    moved = smiling(*(StrengthKey(t, s) for t, s in zip(times, strengths, strict=True)))
    wanted = PchipInterpolator([-0.5, *times, 4.5], [0.0, *strengths, -1.0])
    for k in range(31):
        moment = 0.5 + k / 10
        assert moved.strength_at("smile", moment) == pytest.approx(float(wanted(moment)))


def test_the_camera_takes_the_shorter_way_round_only_where_it_may_pass_behind() -> None:
    keys = (
        ViewKey(0.0, View(yaw=math.radians(100)), "linear"),
        ViewKey(1.0, View(yaw=math.radians(-100)), "linear"),
    )
    moved = Animation(seconds=1.0, loops=False, camera=keys)
    face, behind = moved.view_at(0.25), moved.view_at(0.75, behind=True)
    assert face is not None
    assert behind is not None
    assert math.degrees(face.yaw) == pytest.approx(50.0)  # 100 - 200 / 4
    assert math.degrees(behind.yaw) == pytest.approx(-140.0)  # 100 + 160 * 3/4 = 220
    assert Animation().view_at(0.5) is None


def test_zoom_grows_by_equal_factors_and_the_shift_with_it() -> None:
    keys = (
        ViewKey(0.0, View(), "linear"),
        ViewKey(2.0, View(zoom=4.0, right=0.4, roll=0.2, pitch=0.1), "linear"),
    )
    view = Animation(seconds=2.0, loops=False, camera=keys).view_at(1.0)
    assert view is not None
    assert (view.zoom, view.right, view.up) == pytest.approx((2.0, 0.1, 0.0))
    assert (view.roll, view.pitch) == pytest.approx((0.1, 0.05))


def test_many_moments_at_once_are_the_same_as_one_by_one() -> None:
    made = Animation(seconds=3.0, fps=10).with_strength("smile", 0.5, 1.0).with_strength("smile", 2.0, -1.0)
    made = made.with_view(0.2, View(yaw=0.3)).with_view(1.0, View(pitch=0.2, zoom=2.0))
    made = made.eased({("smile", 0.5)}, "hold").eased({(None, 0.2)}, "ease_out")
    moments = made.moments()
    assert made.strengths(moments)["smile"] == [made.strength_at("smile", moment) for moment in moments]
    assert made.views(moments) == tuple(made.view_at(moment) for moment in moments)
    assert Animation().views(moments) == ()
    assert Animation().strengths(moments) == {}


def test_frames_of_a_loop_never_show_a_moment_twice_and_others_show_both_ends() -> None:
    assert Animation(seconds=1.0, fps=4).moments() == (0.0, 0.25, 0.5, 0.75)
    assert Animation(seconds=1.0, fps=5, loops=False).moments() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert Animation(seconds=0.01, fps=1, loops=False).moments() == (0.0,)
    assert Animation(seconds=4.0, fps=24).frame_count == 96


def test_keys_are_added_replaced_and_deleted() -> None:
    made = Animation(fps=10).with_strength("smile", 2.0, 1.0).with_strength("smile", 0.5, -1.0)
    assert [key.seconds for key in made.keys_of("smile")] == [0.5, 2.0]
    made = made.eased({("smile", 2.0)}, "linear").with_strength("smile", 2.04, 3.0)  # within half a frame
    assert made.keys_of("smile") == (StrengthKey(0.5, -1.0), StrengthKey(2.0, 3.0, "linear"))
    made = made.with_view(1.0, View(yaw=0.3))
    assert made.marks == ((None, 1.0), ("smile", 0.5), ("smile", 2.0))
    made = made.without({("smile", 0.5), ("smile", 2.0)})
    assert made.tracks == ()
    assert not made.empty
    assert made.without({(None, 1.0)}).empty


def test_keys_move_together_by_whole_frames_and_stop_at_the_ends() -> None:
    made = Animation(seconds=2.0, fps=10).with_view(0.0, View()).with_strength("smile", 1.5, 1.0)
    both = {(None, 0.0), ("smile", 1.5)}
    assert made.shift(both, 0.234) == pytest.approx(0.2)
    assert made.shift(both, -1.0) == 0.0
    assert made.shift(both, 9.0) == pytest.approx(0.5)
    assert made.shift((), 1.0) == 0.0
    moved = made.moved(both, 9.0)
    assert [moment for _, moment in moved.marks] == pytest.approx([0.5, 2.0])


def test_a_key_that_another_lands_on_gives_way() -> None:
    made = Animation(fps=10).with_strength("smile", 1.0, 1.0).with_strength("smile", 2.0, 2.0)
    moved = made.moved({("smile", 1.0)}, 1.0)
    assert moved.keys_of("smile") == (StrengthKey(2.0, 1.0),)


def test_another_length_stretches_the_keys() -> None:
    made = Animation(seconds=4.0).with_view(1.0, View()).with_strength("smile", 4.0, 1.0).lasting(6.0)
    assert made.marks == ((None, 1.5), ("smile", 6.0))
    assert made.lasting(4.0).marks == ((None, 1.0), ("smile", 4.0))


def test_motions_by_hand() -> None:
    eighth = math.pi / 4
    assert motion_angles("sway", 2 * eighth, 0.5, 0.1) == pytest.approx((0.5, 0.0))
    assert motion_angles("eight", eighth, 0.4, 0.1) == pytest.approx((0.4 * math.sqrt(0.5), 0.1))
    assert motion_angles("tilt", 2 * eighth, 0.4, 0.1) == pytest.approx((0.0, 0.1))
    assert motion_angles("circle", 6 * eighth, 0.4, 0.1) == pytest.approx((-math.pi / 2, 0.1))


@pytest.mark.parametrize("motion", MOTIONS)
def test_keys_of_a_motion_follow_its_path(motion: Motion) -> None:
    base = View(0.3, 0.1, 0.2, zoom=1.5)
    made = Animation(seconds=8.0, loops=False).with_motion(motion, 0.5, 0.2, base)
    assert made.loops
    for k in range(80):
        view = made.view_at(k / 10, behind=True)
        assert view is not None
        wanted = motion_angles(motion, 2 * math.pi * k / 80, 0.5, 0.2)
        assert math.remainder(view.yaw - wanted[0], 2 * math.pi) == pytest.approx(0.0, abs=0.06)
        assert view.pitch == pytest.approx(wanted[1], abs=0.06)
        assert (view.roll, view.zoom) == pytest.approx((0.0, 1.5))


def test_it_lives_through_json() -> None:
    made = Animation(3.0, 30, loops=False).with_view(1.0, View(0.1, 0.2)).with_strength("smile", 0.5, 1.25)
    text = json.dumps(to_json(made))
    assert from_json(Animation, json.loads(text), "animation") == made
    assert from_json(Animation, {}, "animation") == Animation()
    with pytest.raises(JsonMismatchError, match="easing is 'bouncy'"):
        from_json(ViewKey, {"seconds": 0, "view": {}, "easing": "bouncy"}, "key")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: Animation(seconds=0.0), "lasts up to 600 seconds, got 0"),
        (lambda: Animation(seconds=math.nan), "lasts up to 600 seconds, got nan"),
        (lambda: Animation(fps=0), "1 to 60 frames a second, got 0"),
        (lambda: smiling(), "track of smile has no key"),
        (lambda: smiling(StrengthKey(5.0, 1.0)), "keys from 5 to 5 s; expected 0 to 4"),
        (lambda: smiling(StrengthKey(2.0, 1.0), StrengthKey(1.0, 1.0)), "in order of time"),
        (lambda: smiling(StrengthKey(2.0, math.inf)), "not finite"),
        (lambda: Animation(camera=(ViewKey(0.0, View(zoom=0.0)),)), "not finite"),
        (lambda: Animation(tracks=smiling(StrengthKey(1, 1)).tracks * 2), "one track for an attribute"),
    ],
)
def test_what_makes_no_animation_is_said(made: object, sentence: str) -> None:
    assert callable(made)
    with pytest.raises(AnimationError, match=sentence):
        made()
