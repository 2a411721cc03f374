"""Named, frozen configurations. Every size in the program comes from here.

`ffhq512` and `afhqcats512` describe the official EG3D and GOAE networks; `studio256` is the embedded
model; `tiny` has the same structure as `studio256` at sizes a test can afford.

Sources: Chan et al. 2022 (EG3D, supplement); Yuan et al. 2023 (GOAE, section 4.1); the sizes of `studio256`
are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from goae_core.errors import UnknownPresetError

PlaneAxes = Literal[
    "eg3d",  # XY, XZ, ZX: the released weights cover XZ twice and YZ never, and need it so
    "orthogonal",  # XY, XZ, ZY: every pair of axes once
]
SuperResolutionKind = Literal["8XDC", "8X", "4X", "2X"]
FusedPlanes = Literal[
    "xy",  # the release: only the frontal plane is mixed by visibility
    "all",  # every plane is mixed by what the photo saw projected onto it
]
AfaAlignment = Literal[
    "attention",  # the paper: queries from the feature map, keys from the residual, no positions
    "geometric",  # ours: attention whose logits know where each residual token lies on the surface
]
EditDecoding = Literal[
    "unedited",  # the release: upper blocks and first render use the w before the edit
    "edited",  # ours: the edited w throughout
]
Opacities = Literal[
    "release",  # 1 - exp(-x) in single precision: faint rays are rounded, and the released mask reads them
    "exact",  # ours: as many digits for faint rays as for others
]
EncoderStem = Literal[
    "patch",  # the release: one token for each patch, cut without overlap
    "convolution",  # ours: 3 x 3 convolutions of stride 2, which learn from far fewer pictures
]
DirectionCorrection = Literal[
    "release",  # subtract 0.8 of the glasses direction from every other edit, even at strength zero
    "none",  # directions are orthogonal by construction, zero is exactly the unedited head
]


@dataclass(frozen=True, slots=True)
class BackboneConfig:
    """The StyleGAN2 tri-plane backbone with its mapping network."""

    z_dim: int
    w_dim: int
    mapping_layers: int
    mapping_lr_multiplier: float
    channel_base: int
    """Width at resolution r is min(channel_base // r, channel_max)."""
    channel_max: int
    plane_resolution: int
    """Texels per side of a plane, S; a power of two."""
    plane_channels: int
    """Channels of one plane, C."""
    split_resolution: int
    """Side F of the feature map between the two halves of synthesis, where AFA acts."""
    camera_scale: float = 1.0
    """Factor on the camera label before it is embedded (the release's c_scale)."""
    camera_zero: bool = False
    """Condition the mapping on zeros instead of the camera (c_gen_conditioning_zero)."""
    label_dim: int = 25
    conv_clamp: float | None = None

    def width(self, resolution: int) -> int:
        """Channels of the block at `resolution`."""
        return min(self.channel_base // resolution, self.channel_max)

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Block resolutions, 4 to `plane_resolution`, doubling."""
        return tuple(2**k for k in range(2, self.plane_resolution.bit_length()))

    @property
    def num_ws(self) -> int:
        """Rows of w+: two a block."""
        return 2 * len(self.resolutions)


@dataclass(frozen=True, slots=True)
class RadianceConfig:
    """The MLP from plane features to density and colour features."""

    hidden: int
    color_channels: int
    lr_multiplier: float = 1.0


@dataclass(frozen=True, slots=True)
class RenderConfig:
    """How rays are marched."""

    resolution: int
    """Rays per side of the neural rendering."""
    coarse_samples: int
    fine_samples: int
    ray_start: float | None
    """Distance along the unit ray, world units; None together with ray_end: the box decides per ray."""
    ray_end: float | None
    box_side: float = 1.0
    """Side of the cube that the planes span, world units."""
    plane_axes: PlaneAxes = "eg3d"
    white_background: bool = False
    disparity_sampling: bool = False
    opacities: Opacities = "release"
    """How the opacity of an interval is computed."""


@dataclass(frozen=True, slots=True)
class SuperResolutionConfig:
    """The upscaler behind the renderer."""

    kind: SuperResolutionKind
    """Which of the blocks upsample: 8XDC and 8X both, 4X and 2X only the second (4X from 128, 2X from 64)."""
    input_resolution: int
    output_resolution: int
    widths: tuple[int, int]
    """Channels after the first and second block."""
    image_channels: int = 3
    """3: colour. 4: colour over black and, last, opacity mapped to [-1, 1]."""
    antialias: bool = True
    conv_clamp: float | None = 256.0
    consistent: bool = False
    """Whether the picture, made small again, is held to the rendering: only what is finer is added."""


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Swin V2 pyramid with base, coarse, mid and fine heads."""

    image_size: int
    embed_dim: int
    depths: tuple[int, int, int, int]
    heads: tuple[int, int, int, int]
    windows: tuple[int, int, int, int]
    pretrained_windows: tuple[int, int, int, int]
    token_dim: int
    """Width of queries, keys and w rows."""
    patch_size: int = 4
    """Pixels per side of a token of the first stage."""
    attention_heads: int = 4
    feedforward_dim: int = 1024
    drop_path: float = 0.2
    dropout: float = 0.1
    stem: EncoderStem = "patch"
    """How pixels become the first stage's tokens."""


@dataclass(frozen=True, slots=True)
class AfaConfig:
    """Residual encoder and the attention that turns it into scale and shift."""

    image_size: int
    """Side of the photo and reconstruction that are compared."""
    stem_width: int
    unit_widths: tuple[int, ...]
    """Output width of each squeeze-excite residual unit."""
    unit_strides: tuple[int, ...]
    token_dim: int
    alignment: AfaAlignment = "attention"
    attention_heads: int = 4
    feedforward_dim: int = 1024
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class MattingConfig:
    """The small network that finds the head's matte on a photograph."""

    image_size: int
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AttributesConfig:
    """The small network that reads attributes off a picture of a head."""

    image_size: int
    widths: tuple[int, ...]
    """Channels at a quarter of the picture's side, an eighth, and so on."""
    squeezed: int
    """Channels of the last features before they are flattened."""
    hidden: int
    labels: tuple[str, ...]
    """What it reads, in this order."""
    dropout: float = 0.2


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """The rig all pictures of a model were made with."""

    radius: float = 2.7
    pivot: tuple[float, float, float] = (0.0, 0.0, 0.2)
    focal: float = 4.2647
    """In image sides."""
    yaw_limit: float = 1.5708
    """Radians to either side that training covered."""
    pitch_limit: float = 0.5236


@dataclass(frozen=True, slots=True)
class FusionConfig:
    """The occlusion-aware mix of w-only and refined planes."""

    planes: FusedPlanes
    blur_sigma: float = 1.5
    """Of the 9 x 9 Gaussian; the release draws it from [1, 2] at each call."""
    threshold: float = 0.35


@dataclass(frozen=True, slots=True)
class EditingConfig:
    """Which behaviour an edit follows."""

    decoding: EditDecoding
    correction: DirectionCorrection
    yielding: tuple[str, ...] = ()
    """Groups of directions before which AFA's work gives way where they act: what AFA put on one mouth does
    not fit another. Heeded by the decoding "edited"."""


@dataclass(frozen=True, slots=True)
class DetailConfig:
    """What of the photo is laid over a finished picture, see `goae_core.detail`."""

    strength: float = 1.0
    """Unless a request says otherwise; 0 shows the model's own picture, 1 the photo's detail in full."""
    symmetry: float = 1.0
    """How far what the photo shows on one side of the face is believed of the side it does not show, 0 to 1;
    see `goae_core.symmetry`."""


@dataclass(frozen=True, slots=True)
class Preset:
    """All sizes and behaviours of one model."""

    name: str
    backbone: BackboneConfig
    radiance: RadianceConfig
    render: RenderConfig
    super_resolution: SuperResolutionConfig
    encoder: EncoderConfig
    afa: AfaConfig
    matting: MattingConfig | None
    """None: the model sees the whole picture, background and all."""
    camera: CameraConfig
    fusion: FusionConfig
    editing: EditingConfig
    attributes: AttributesConfig | None = None
    """None: the model reads no attributes."""
    detail: DetailConfig = DetailConfig()

    @property
    def image_size(self) -> int:
        """Side of the finished picture and of the aligned photo, pixels."""
        return self.super_resolution.output_resolution


_FFHQ512 = Preset(
    name="ffhq512",
    backbone=BackboneConfig(
        z_dim=512,
        w_dim=512,
        mapping_layers=2,
        mapping_lr_multiplier=0.01,
        channel_base=32768,
        channel_max=512,
        plane_resolution=256,
        plane_channels=32,
        split_resolution=32,
    ),
    radiance=RadianceConfig(hidden=64, color_channels=32),
    render=RenderConfig(resolution=128, coarse_samples=48, fine_samples=48, ray_start=2.25, ray_end=3.3),
    super_resolution=SuperResolutionConfig(
        kind="8XDC", input_resolution=128, output_resolution=512, widths=(256, 128)
    ),
    encoder=EncoderConfig(
        image_size=256,
        embed_dim=128,
        depths=(2, 2, 18, 2),
        heads=(4, 8, 16, 32),
        windows=(16, 16, 16, 8),
        pretrained_windows=(12, 12, 12, 6),
        token_dim=512,
    ),
    afa=AfaConfig(
        image_size=512,
        stem_width=64,
        unit_widths=(64, 64, 64, 128, 128, 128, 256, 256, 256),
        unit_strides=(2, 1, 1, 2, 1, 1, 2, 1, 1),
        token_dim=512,
    ),
    matting=None,
    camera=CameraConfig(),
    fusion=FusionConfig(planes="xy"),
    editing=EditingConfig(decoding="unedited", correction="release"),
    detail=DetailConfig(strength=0.0, symmetry=0.0),  # as released
)

_AFHQCATS512 = replace(_FFHQ512, name="afhqcats512", camera=CameraConfig(pivot=(0.0, 0.0, -0.06)))

_STUDIO256 = Preset(
    name="studio256",
    backbone=BackboneConfig(
        z_dim=512,
        w_dim=256,
        mapping_layers=2,
        mapping_lr_multiplier=1.0,
        channel_base=8192,
        channel_max=256,
        plane_resolution=128,
        plane_channels=24,
        split_resolution=64,
    ),
    radiance=RadianceConfig(hidden=48, color_channels=24),
    render=RenderConfig(
        resolution=64,
        coarse_samples=12,
        fine_samples=12,
        ray_start=2.2,
        ray_end=3.2,
        plane_axes="orthogonal",
        opacities="exact",
    ),
    super_resolution=SuperResolutionConfig(
        kind="8X",
        input_resolution=64,
        output_resolution=256,
        widths=(48, 24),
        image_channels=4,
        conv_clamp=None,  # trained in bfloat16, which needs none
        consistent=True,
    ),
    encoder=EncoderConfig(
        image_size=128,
        embed_dim=64,
        depths=(2, 2, 4, 2),
        heads=(2, 4, 8, 16),
        windows=(8, 8, 4, 2),
        pretrained_windows=(8, 8, 4, 2),
        token_dim=256,
        patch_size=8,
        feedforward_dim=512,
        drop_path=0.1,
        dropout=0.0,
        stem="convolution",
    ),
    afa=AfaConfig(
        image_size=256,
        stem_width=32,
        unit_widths=(32, 64, 64),
        unit_strides=(2, 1, 1),
        token_dim=64,
        alignment="geometric",
        dropout=0.0,
    ),
    matting=MattingConfig(image_size=256, widths=(16, 24, 40, 64, 96)),
    camera=CameraConfig(),
    fusion=FusionConfig(planes="all"),
    editing=EditingConfig(decoding="edited", correction="none", yielding=("expression",)),
    attributes=AttributesConfig(
        image_size=128,
        widths=(32, 64, 128),
        squeezed=24,
        hidden=64,
        labels=(
            *("age", "gender", "smile", "mouth_open", "brow", "blink", "glasses", "weight"),
            *("skin_tone", "hair_light", "hair_warmth", "hair_amount", "beard"),
            *("hair_curl", "moustache", "lipstick", "headwear"),
            *("light_x", "light_y", "light_contrast", "light_warmth", "light_hardness"),
        ),
    ),
)

_TINY = replace(
    _STUDIO256,
    name="tiny",
    backbone=BackboneConfig(
        z_dim=512,
        w_dim=32,
        mapping_layers=2,
        mapping_lr_multiplier=1.0,
        channel_base=512,
        channel_max=16,
        plane_resolution=32,
        plane_channels=8,
        split_resolution=16,
    ),
    radiance=RadianceConfig(hidden=16, color_channels=8),
    render=RenderConfig(
        resolution=16,
        coarse_samples=6,
        fine_samples=6,
        ray_start=2.2,
        ray_end=3.2,
        plane_axes="orthogonal",
        opacities="exact",
    ),
    super_resolution=SuperResolutionConfig(
        kind="8X",
        input_resolution=16,
        output_resolution=64,
        widths=(8, 8),
        image_channels=4,
        conv_clamp=None,
    ),
    encoder=EncoderConfig(
        image_size=64,
        embed_dim=8,
        depths=(2, 2, 2, 2),
        heads=(1, 2, 2, 4),
        windows=(4, 4, 4, 2),
        pretrained_windows=(4, 4, 4, 2),
        token_dim=32,
        attention_heads=2,
        feedforward_dim=32,
        drop_path=0.0,
        dropout=0.0,
    ),
    afa=AfaConfig(
        image_size=64,
        stem_width=8,
        unit_widths=(8, 8),
        unit_strides=(2, 1),
        token_dim=8,
        alignment="geometric",
        attention_heads=2,
        feedforward_dim=32,
        dropout=0.0,
    ),
    matting=MattingConfig(image_size=64, widths=(4, 8, 8)),
    attributes=AttributesConfig(
        image_size=32,
        widths=(8, 8),
        squeezed=4,
        hidden=16,
        labels=("age", "smile", "light_x"),
        dropout=0.0,
    ),
)

PRESETS: dict[str, Preset] = {p.name: p for p in (_FFHQ512, _AFHQCATS512, _STUDIO256, _TINY)}


def preset(name: str) -> Preset:
    """Look up a preset.

    Raises:
        UnknownPresetError: If there is none of that name; the message lists those there are.
    """
    try:
        return PRESETS[name]
    except KeyError:
        known = ", ".join(sorted(PRESETS))
        raise UnknownPresetError(f"there is no preset named '{name}'; choose one of {known}") from None
