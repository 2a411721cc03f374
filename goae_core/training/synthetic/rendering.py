"""A person, lights and viewpoints in; pictures, mattes, depth and labels out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.background import sample_background
from goae_core.training.synthetic.features import identity, labels
from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.lighting import Light, irradiance, visibility
from goae_core.training.synthetic.occluders import sample_occluder
from goae_core.training.synthetic.person import Person
from goae_core.training.synthetic.rasterizer import empty_samples, rasterize
from goae_core.training.synthetic.scene import build_scene
from goae_core.training.synthetic.shading import Picture, shade
from goae_core.training.synthetic.sunlight import sun_maps
from goae_core.training.synthetic.viewpoint import Viewpoint

SAMPLES_PER_SIDE = 3
"""Samples per side of a pixel: nine levels of coverage before the picture's own 256."""
OCCLUDERS_PER_PERSON = 1


@dataclass(frozen=True, slots=True, eq=False)
class PersonPictures:
    """One person under L lights from V viewpoints, R pixels a side: one record of a data set.

    Attributes:
        foreground: (L, V, R, R, 3) sRGB over black, premultiplied by the matte in display space.
        matte: (V, R, R) coverage in 0..255.
        depth: (V, R, R) distance along the unit ray, world units; 0 where the matte is below one half.
        parts: (V, R, R) Material, -1 for background.
        camera: (V, 25) EG3D labels.
        labels: (17,) in the order of LABEL_NAMES.
        light_labels: (L, 5) in the order of LIGHT_LABEL_NAMES.
        light_sh: (L, 27).
        identity: (D,).
        landmarks: (5, 3) world points; see `morphing.landmarks`.
        occluder: (OCCLUDERS_PER_PERSON, R, R, 4) layers over the photograph, premultiplied sRGB and coverage:
            hands, microphones and the like, placed for the first view, lit like the first light.
        painted: 1 where skin and hair carry a random colour pattern that the vectors do not describe.
    """

    foreground: NDArray[np.uint8]
    matte: NDArray[np.uint8]
    depth: NDArray[np.float16]
    parts: NDArray[np.int8]
    camera: NDArray[np.float32]
    labels: NDArray[np.float32]
    light_labels: NDArray[np.float32]
    light_sh: NDArray[np.float32]
    identity: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    occluder: NDArray[np.uint8]
    painted: NDArray[np.int8]


def render_person(
    person: Person,
    pack: HeadPack,
    lights: Sequence[Light],
    viewpoints: Sequence[Viewpoint],
    *,
    resolution: int = 256,
    samples_per_side: int = SAMPLES_PER_SIDE,
    occluder_seed: int = 0,
) -> PersonPictures:
    """Render one record: geometry and shadows are worked out once, each view is rasterized once.

    Args:
        person: Who.
        pack: From what.
        lights: L environments.
        viewpoints: V cameras.
        resolution: R.
        samples_per_side: Samples per side of a pixel.
        occluder_seed: Of what is before the face in a photograph.
    """
    pictures, points = _pictures(
        person, pack, list(lights), list(viewpoints), resolution, samples_per_side, texture_size=1024
    )
    return PersonPictures(
        foreground=np.stack([picture.foreground for picture in pictures], axis=1),
        matte=np.stack([picture.matte for picture in pictures]),
        depth=np.stack([picture.depth for picture in pictures]).astype(np.float16),
        parts=np.stack([picture.parts for picture in pictures]),
        camera=np.stack([viewpoint.label for viewpoint in viewpoints]),
        labels=labels(person),
        light_labels=np.stack([light.labels for light in lights]),
        light_sh=np.stack([light.harmonics for light in lights]),
        identity=identity(person, pack),
        landmarks=points,
        occluder=_occluders(person, lights[0], viewpoints[0], points, resolution, occluder_seed),
        painted=np.array(int(person.paint is not None), dtype=np.int8),
    )


def _occluders(
    person: Person,
    light: Light,
    viewpoint: Viewpoint,
    points: NDArray[np.float32],
    resolution: int,
    seed: int,
) -> NDArray[np.uint8]:
    place, _ = viewpoint.project(points[3:].mean(axis=0))
    rng = np.random.default_rng(seed)
    right, up = (float(value) for value in light.labels[:2])
    layers = [
        sample_occluder(
            rng,
            resolution,
            (float(place[0]), float(place[1])),
            skin_tone=person.skin_tone if rng.random() < 0.7 else float(rng.uniform(-3.2, -0.8)),
            light=(right, up),
        )[1]
        for _ in range(OCCLUDERS_PER_PERSON)
    ]
    return np.stack(layers)


def portrait(
    person: Person,
    pack: HeadPack,
    light: Light,
    viewpoint: Viewpoint,
    *,
    resolution: int = 512,
    background: NDArray[np.uint8] | None = None,
    zoom: float = 1.0,
) -> NDArray[np.uint8]:
    """Render a single picture (R, R, 3) in sRGB.

    Args:
        person: Who.
        pack: From what.
        light: One environment.
        viewpoint: From where.
        resolution: R.
        background: (R, R, 3) sRGB; None draws a blurred room whose colours do not depend on the person.
        zoom: Factor on the focal length; below 1 shows more than the aligned crop does.
    """
    camera = replace(viewpoint, focal=viewpoint.focal * zoom)
    texture_size = 1024 if resolution <= 320 else 2048
    pictures, _ = _pictures(person, pack, [light], [camera], resolution, 4, texture_size=texture_size)
    picture = pictures[0]
    behind = background if background is not None else sample_background(np.random.default_rng(3), resolution)
    through = 1 - picture.matte[..., None] / 255.0
    return np.asarray(np.clip(picture.foreground[0] + through * behind + 0.5, 0, 255), dtype=np.uint8)


def _pictures(
    person: Person,
    pack: HeadPack,
    lights: list[Light],
    viewpoints: list[Viewpoint],
    resolution: int,
    samples_per_side: int,
    *,
    texture_size: int,
) -> tuple[list[Picture], NDArray[np.float32]]:
    scene = build_scene(person, pack, texture_size=texture_size)
    light_at = irradiance(scene, pack, visibility(scene), lights)
    suns = sun_maps(scene, [light.sun for light in lights])
    samples = empty_samples(resolution, samples_per_side)
    pictures = []
    for viewpoint in viewpoints:
        rasterize(scene, viewpoint, samples)
        pictures.append(shade(scene, viewpoint, samples, light_at, lights, suns))
    return pictures, scene.landmarks
