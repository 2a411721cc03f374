from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.errors import CameraError
from goae_core.presets import CameraConfig

CENTRED = CameraConfig(pivot=(0.0, 0.0, 0.0))


def pixel(camera: Camera, point: tuple[float, float, float]) -> tuple[float, float]:
    """Where a world point appears, in image sides from the top left."""
    pose = camera.cam_to_world[0]
    in_camera = pose[:3, :3].T @ (torch.tensor(point) - pose[:3, 3])
    u, v, w = (camera.intrinsics[0] @ in_camera).tolist()
    return u / w, v / w


def test_frontal_camera_is_upright_on_the_z_axis() -> None:
    camera = orbit(0.0, 0.0)
    expected = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 2.7], [0, 0, 0, 1]]
    torch.testing.assert_close(camera.cam_to_world, torch.tensor([expected], dtype=torch.float32))
    torch.testing.assert_close(
        camera.intrinsics, torch.tensor([[[4.2647, 0, 0.5], [0, 4.2647, 0.5], [0, 0, 1]]])
    )


def test_camera_at_the_right_side() -> None:
    pose = orbit(math.pi / 2, 0.0, rig=CENTRED, radius=2.0).cam_to_world[0]
    # At +x, looking along -x, its right side points to -z.
    expected = torch.tensor([[0.0, 0, -1, 2], [0, -1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]])
    torch.testing.assert_close(pose, expected, atol=1e-6, rtol=0)


def test_position_follows_the_spherical_angles() -> None:
    position = orbit(math.pi / 6, math.pi / 6, radius=4.0).cam_to_world[0, :3, 3]
    # 4 * (1/2 * sqrt(3)/2, 1/2, sqrt(3)/2 * sqrt(3)/2)
    torch.testing.assert_close(position, torch.tensor([math.sqrt(3), 2.0, 3.0]))


def test_camera_looks_at_the_pivot() -> None:
    rig = CameraConfig(pivot=(0.1, -0.2, 0.3))
    assert pixel(orbit(0.7, -0.4, 0.3, rig=rig), rig.pivot) == pytest.approx((0.5, 0.5), abs=1e-5)


def test_positive_roll_turns_the_content_clockwise() -> None:
    u, v = pixel(orbit(0.0, 0.0, 0.2, rig=CENTRED), (0.0, 0.1, 0.0))
    radius = 4.2647 * 0.1 / 2.7  # the top of the head moves right and a little down
    assert (u - 0.5, 0.5 - v) == pytest.approx((radius * math.sin(0.2), radius * math.cos(0.2)), abs=1e-5)


@given(
    yaw=st.floats(-3.1, 3.1),
    pitch=st.floats(-1.4, 1.4),
    roll=st.floats(-3.1, 3.1),
    radius=st.floats(0.5, 10.0),
)
def test_angles_come_back(yaw: float, pitch: float, roll: float, radius: float) -> None:
    found = orbit_angles(orbit(yaw, pitch, roll, radius=radius))
    assert found.yaw == pytest.approx(yaw, abs=2e-5)
    assert found.pitch == pytest.approx(pitch, abs=2e-5)
    assert found.roll == pytest.approx(roll, abs=2e-4)
    assert found.radius == pytest.approx(radius, rel=1e-5)


def test_label_is_the_pose_and_the_intrinsics_row_by_row() -> None:
    camera = orbit(0.3, 0.2)
    label = camera.label()
    assert label.shape == (1, 25)
    assert float(label[0, 11]) == float(camera.cam_to_world[0, 2, 3])
    assert float(label[0, 18]) == 0.5
    again = Camera.from_label(label.expand(2, -1))
    assert again.batch == 2
    assert torch.equal(again.label(), label.expand(2, -1))


def test_mirroring_negates_five_numbers() -> None:
    label = orbit(0.4, -0.2, 0.1).label()
    changed = (Camera.from_label(label).mirrored().label() != label)[0].nonzero().flatten()
    assert changed.tolist() == [1, 2, 3, 4, 8]


def test_mirroring_is_the_orbit_to_the_other_side() -> None:
    mirrored = orbit(0.4, -0.2, 0.1).mirrored()
    torch.testing.assert_close(mirrored.label(), orbit(-0.4, -0.2, -0.1).label())
    torch.testing.assert_close(mirrored.mirrored().label(), orbit(0.4, -0.2, 0.1).label())


def test_mirroring_moves_the_principal_point() -> None:
    camera = orbit(0.0, 0.0)
    camera.intrinsics[0, 0, 2] = 0.45
    assert float(camera.mirrored().intrinsics[0, 0, 2]) == pytest.approx(0.55)


@pytest.mark.parametrize(
    ("index", "value", "message"),
    [
        (0, math.nan, "not finite"),
        (0, 2.0, "no rotation"),
        (16, 0.0, "focal length is not positive"),
    ],
)
def test_labels_that_describe_no_camera(index: int, value: float, message: str) -> None:
    label = orbit(0.0, 0.0).label()
    label[0, index] = value
    with pytest.raises(CameraError, match=message):
        Camera.from_label(label)


def test_label_of_wrong_length() -> None:
    with pytest.raises(CameraError, match=r"must have shape \(B, 25\), got \(1, 16\)"):
        Camera.from_label(torch.zeros(1, 16))


def test_cameras_without_an_upright_side() -> None:
    with pytest.raises(CameraError, match="straight up or down"):
        orbit(0.0, math.pi / 2, rig=CENTRED)
    with pytest.raises(CameraError, match="stands on the point"):
        orbit(0.0, 0.0, radius=0.2)  # the pivot lies 0.2 in front of the origin


def test_orbit_angles_of_several_cameras() -> None:
    two = Camera.from_label(orbit(0.0, 0.0).label().expand(2, -1))
    with pytest.raises(CameraError, match="from one camera, got 2"):
        orbit_angles(two)
    still = orbit(0.0, 0.0)
    still.cam_to_world[0, :3, 3] = 0.0
    with pytest.raises(CameraError, match="at the origin"):
        orbit_angles(still)
