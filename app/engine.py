"""The worker's side: owns the pipeline and does what the window asks, on the device thread only.

Torch and everything heavy is imported inside the methods, so that the window stands before they load.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.messages import (
    AdjustRequest,
    AnimationExport,
    Attribute,
    Color,
    Document,
    Edits,
    ExportRequest,
    FrameRequest,
    Framing,
    MeshExport,
    MeshPicture,
    MeshRequest,
    ModelInfo,
    News,
    OpenRequest,
    Pass,
    PhotoPicture,
    Picture,
    PictureExport,
    Pixels,
    Progress,
    SaveRequest,
    TurntableExport,
)
from app.pose import Pose
from app.translation import mark, translate
from goae_core.errors import CheckpointError, NoFaceError, PhotoError, StoppedError

if TYPE_CHECKING:
    import torch

    from goae_core.camera import Camera
    from goae_core.editing import Portrait
    from goae_core.inversion import Inversion
    from goae_core.photo import AlignedPhoto, Crop
    from goae_core.pipeline import Frame, Pipeline
    from goae_core.presets import CameraConfig
    from goae_core.project import Project

Report = Callable[[News], None]

_KEPT_MODELS = 2
_PREVIEW_SIDE = 1400
_DEPTH_REACH = 0.45
_PANEL_BACKGROUND: Color = (36, 38, 43)
_SHARES = {
    "detail": mark("engine", "How much of the photo's own detail is laid over the head"),
    "afa": mark("engine", "How much of what the encoder missed is added to the features"),
    "mix": mark("engine", "How much what the photo saw replaces what was imagined"),
}
_PICTURE_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP"}
_STAGES = {
    "matte": mark("engine", "Finding the head"),
    "encode": mark("engine", "Encoding the portrait"),
    "afa": mark("engine", "Adding the photo's detail"),
    "fuse": mark("engine", "Fusing seen and unseen"),
}


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """A model that is ready."""

    name: str
    fingerprint: str
    pipeline: Pipeline


class Engine:
    """Answers the window's requests with numpy.

    Every method runs on the device thread. Work that was asked to stop raises `StoppedError`.
    """

    def __init__(self, *, model: str | None = None, device: str = "auto", threads: int = 0) -> None:
        """Remember what to load; nothing is loaded yet.

        Args:
            model: Name of an embedded or imported model; None: the embedded default.
            device: "auto", "cuda", "mps" or "cpu".
            threads: Of the processor; 0: as many as torch takes.
        """
        self._model = model
        self._device_name = device
        self._threads = threads
        self._torchs_own: int | None = None
        self._models: list[_Loaded] = []  # the one in use first
        self._weighed_head: tuple[tuple[Any, float, float], Inversion] | None = None
        self._portraits: list[tuple[Any, Edits, Portrait]] = []

    @property
    def device_name(self) -> str:
        """What was asked for; any thread."""
        return self._device_name

    @property
    def threads(self) -> int:
        """What was asked for; any thread."""
        return self._threads

    def load(self, report: Report) -> ModelInfo:
        """Load the model and say what the window needs to know of it.

        Raises:
            CheckpointError: If the model is missing or damaged.
        """
        report(Progress(translate("Engine", "Loading the model")))
        return self._info(self._of_name(self._model))

    def use(self, model: str | None, report: Report) -> ModelInfo:
        """Load the weights that bear a name now; those in use stay at hand for the steps of the history.

        Args:
            model: None: the embedded default.
            report: Receives progress.

        Raises:
            LicenceError: If its terms were not accepted yet.
            CheckpointError: If it is missing or damaged; the model in use stays.
        """
        report(Progress(translate("Engine", "Loading the model")))
        return self._info(self._of_name(model or _default_model()))

    def reinvert(self, document: Document, model: str, report: Report, stop: threading.Event) -> Document:
        """Invert a document's photo with the weights that bear a name now.

        The crop and the camera stay; where the model wants another size the photo is read again, or, if it
        is not on this machine, the crop is resampled.

        Raises:
            LicenceError: If the model's terms were not accepted yet.
            GoaeError: If the model is missing, damaged, or cannot invert photos; the one in use stays.
            StoppedError: If `stop` was set; likewise.
        """
        report(Progress(translate("Engine", "Loading the model")))
        before = list(self._models)
        pipeline = self._of_name(model)
        try:
            if stop.is_set():
                raise StoppedError("switching models was stopped")
            photo = _photo_for(document, pipeline)
            inversion = self._invert(pipeline, photo, report, stop)
            made = self._document(pipeline, inversion, document.name, document.photo, report)
        except Exception:
            self._models = before
            raise
        return replace(made, project=document.project)

    def configure(self, device: str, threads: int, report: Report) -> ModelInfo:
        """Compute elsewhere, or with another number of threads, from now on.

        Raises:
            GoaeError: If the device is not there; everything stays as it was.
        """
        from goae_core.pipeline import choose_device

        choose_device(device)
        self._threads = threads
        self._take_threads()
        if device != self._device_name:
            self._device_name = device
            names = [loaded.name for loaded in self._models]
            self._models, self._portraits, self._weighed_head = [], [], None
            self._model = names[0] if names else self._model
        return self.load(report)

    def open(self, request: OpenRequest, report: Report, stop: threading.Event) -> Document:
        """Open a photograph or a project; the previous document stays valid.

        Raises:
            GoaeError: If the file is none, holds no face, or does not fit the model.
            StoppedError: If `stop` was set.
        """
        if request.path.suffix.lower() == ".goae":
            return self._open_project(request, report, stop)
        return self._open_photo(request, report, stop)

    def frame(self, request: FrameRequest, stop: threading.Event) -> Picture:
        """Render one picture."""
        from goae_core.pipeline import RenderRequest

        pipeline = self._loaded(request.model)
        shown = request.shown
        frame = pipeline.render(
            RenderRequest(
                portrait=self._edited(pipeline, request.inversion, request.edits),
                camera=_camera(request.pose, pipeline.preset.camera),
                quality=request.quality,
                detail=_share(request.edits, "detail"),
                passes=("color",) if shown == "color" else ("color", shown),
                background=request.background,
                photo=request.inversion.photo,
            ),
            should_stop=stop.is_set,
        )
        # Some models paint their background: nothing shines through it.
        solid = request.background is not None or pipeline.preset.super_resolution.image_channels == 3
        alpha = None if solid or shown == "residual" else frame.alpha
        return Picture(_pixels(frame, shown, pipeline.preset.camera), frame.seconds, request, alpha)

    def mesh(self, request: MeshRequest, report: Report, stop: threading.Event) -> MeshPicture:
        """Sample the surface for the mesh view."""
        pipeline = self._loaded(request.model)
        mesh = pipeline.surface(
            self._edited(pipeline, request.inversion, request.edits),
            resolution=request.resolution,
            detail=_share(request.edits, "detail"),
            should_stop=stop.is_set,
            on_progress=lambda fraction: report(Progress(translate("Engine", "Building the mesh"), fraction)),
        )
        normals = vertex_normals(mesh.vertices, mesh.faces)
        return MeshPicture(mesh.vertices, mesh.faces, mesh.colors, request, normals)

    def adjust(self, request: AdjustRequest, report: Report, stop: threading.Event) -> Document:
        """Invert a document's photo anew, framed by hand.

        Raises:
            GoaeError: If the photo is gone, or the points are no face.
            StoppedError: If `stop` was set.
        """
        from goae_core import photo as photos
        from goae_core.camera import orbit
        from goae_core.crop import Crop
        from goae_core.head_pose import find_pose

        document, pipeline = request.document, self._loaded(request.document.model)
        if document.photo is None:
            raise PhotoError("the photo is not on this machine; open the photo itself to frame it anew")
        report(Progress(translate("Engine", "Framing the photo")))
        image = photos.read_photo(document.photo.path)
        height, width = image.shape[:2]
        if request.framing is not None:
            framing = request.framing
            center = (framing.center[0] * width, framing.center[1] * height)
            crop, yaw, pitch = Crop(center, framing.side * width, framing.turn), framing.yaw, framing.pitch
        else:
            pose = find_pose(image, np.array(request.points) * (width, height), pipeline.preset.camera)
            crop, yaw, pitch = pose.crop, pose.yaw, pose.pitch
        if stop.is_set():
            raise StoppedError("framing the photo was stopped")
        camera = orbit(yaw, pitch, rig=pipeline.preset.camera)
        aligned = photos.framed(image, crop, camera, pipeline.preset, str(document.photo.path))
        picture = replace(
            document.photo,
            corners=_corners(crop, width, height),
            points=request.points or document.photo.points,
            notice="",
        )
        inversion = self._invert(pipeline, aligned, report, stop)
        made = self._document(pipeline, inversion, document.name, picture, report)
        return replace(made, project=document.project)

    def optimise(self, document: Document, seconds: float, report: Report, stop: threading.Event) -> Document:
        """Bring a document's head closer to its photo.

        Reports the share of the time that is spent and the error at the photo's view. Without a gain the
        document that comes back holds the very same inversion.

        Raises:
            GoaeError: If the photo shows no head.
            StoppedError: If `stop` was set; the document is as it was.
        """
        from goae_core.optimisation import OptimisationRequest, optimise

        pipeline = self._loaded(document.model)
        inversion = document.inversion
        for news in optimise(pipeline, inversion, OptimisationRequest(seconds=seconds), stop.is_set):
            report(
                Progress(
                    translate("Engine", "Optimising, error {mse:.4f}").format(mse=news.mse), news.fraction
                )
            )
            if news.outcome is not None:
                inversion = news.outcome.inversion
        made = self._document(pipeline, inversion, document.name, document.photo, report)
        return replace(made, project=document.project)

    def save(self, request: SaveRequest, report: Report) -> Path:
        """Write a project.

        Raises:
            ProjectError: If the file cannot be written.
        """
        from goae_core.editing import Edit
        from goae_core.project import Project, write_project

        document, edits = request.document, request.edits
        report(Progress(translate("Engine", "Saving {name}").format(name=request.path.name)))
        project = Project(
            inversion=document.inversion,
            edits=tuple(Edit(name, strength) for name, strength in edits if name not in _SHARES),
            model=document.model.name,
            fingerprint=document.model.fingerprint,
            camera=_camera(request.view, document.model.rig),
            detail=_share(edits, "detail"),
            afa=_shared(edits, "afa"),
            mix=_shared(edits, "mix"),
            showing=request.showing,
            animation=request.animation,
        )
        write_project(project, request.path)
        return request.path

    def export(
        self,
        request: ExportRequest,
        view: FrameRequest,
        report: Report,
        stop: threading.Event,
    ) -> Path:
        """Write a picture, a film or a mesh; nothing is left behind when it fails or stops.

        Raises:
            ExportError: If the file cannot be written.
            StoppedError: If `stop` was set.
        """
        match request:
            case PictureExport():
                self._write_picture(request, view, report, stop)
            case TurntableExport():
                self._write_turntable(request, view, report, stop)
            case AnimationExport():
                self._write_animation(request, view, report, stop)
            case MeshExport():
                self._write_mesh(request, view, report, stop)
        return request.path

    def _write_picture(
        self, request: PictureExport, view: FrameRequest, report: Report, stop: threading.Event
    ) -> None:
        from PIL import Image

        from goae_core.film import cut_out
        from goae_core.pipeline import RenderRequest
        from goae_core.whole_file import whole_file

        report(Progress(translate("Engine", "Rendering {name}").format(name=request.path.name)))
        pipeline = self._loaded(view.model)
        frame = pipeline.render(
            RenderRequest(
                portrait=self._edited(pipeline, view.inversion, view.edits),
                camera=_camera(view.pose, pipeline.preset.camera),
                size=request.size,
                detail=_share(view.edits, "detail"),
                background=None if request.transparent else request.background or view.background,
            ),
            should_stop=stop.is_set,
        )
        pixels = cut_out(frame.color, frame.alpha) if request.transparent else frame.color
        with whole_file(request.path) as part:
            kind = _PICTURE_FORMATS[request.path.suffix.lower()]
            Image.fromarray(pixels).save(part, format=kind, quality=95)

    def _write_turntable(
        self, request: TurntableExport, view: FrameRequest, report: Report, stop: threading.Event
    ) -> None:
        from goae_core.trajectory import framed, turntable

        rig = self._loaded(view.model).preset.camera
        cameras = turntable(request.motion, request.frames, request.yaw, request.pitch, rig)
        shots = [(framed(camera, view.pose.view), view.edits) for camera in cameras]
        self._write_film(request, shots, view, report, stop)

    def _write_animation(
        self, request: AnimationExport, view: FrameRequest, report: Report, stop: threading.Event
    ) -> None:
        rig = self._loaded(view.model).preset.camera
        shots = [(_camera(shot.pose, rig), shot.edits) for shot in request.shots]
        self._write_film(request, shots, view, report, stop)

    def _write_film(
        self,
        request: TurntableExport | AnimationExport,
        shots: Sequence[tuple[Camera, Edits]],
        view: FrameRequest,
        report: Report,
        stop: threading.Event,
    ) -> None:
        from goae_core.film import cut_out, write_film
        from goae_core.pipeline import RenderRequest

        pipeline, name = self._loaded(view.model), request.path.name

        def frames() -> Iterator[Pixels]:
            for number, (camera, edits) in enumerate(shots):
                if stop.is_set():
                    raise StoppedError("the film was stopped; nothing was written")
                report(
                    Progress(
                        translate("Engine", "Frame {number} of {shots} for {name}").format(
                            number=number + 1, shots=len(shots), name=name
                        ),
                        number / len(shots),
                    )
                )
                frame = pipeline.render(
                    RenderRequest(
                        portrait=self._edited(pipeline, view.inversion, edits),
                        camera=camera,
                        size=request.size,
                        detail=_share(edits, "detail"),
                        background=None if request.transparent else request.background or view.background,
                    ),
                    should_stop=stop.is_set,
                )
                yield cut_out(frame.color, frame.alpha) if request.transparent else frame.color
            report(Progress(translate("Engine", "Writing {name}").format(name=name), 1.0))

        write_film(frames(), request.path, request.fps)

    def _write_mesh(
        self, request: MeshExport, view: FrameRequest, report: Report, stop: threading.Event
    ) -> None:
        from goae_core.meshing.head import export_mesh
        from goae_core.meshing.options import MeshOptions

        pipeline, name = self._loaded(view.model), request.path.name
        text = translate("Engine", "Building {name}").format(name=name)
        export_mesh(
            pipeline,
            self._edited(pipeline, view.inversion, view.edits),
            request.path,
            MeshOptions(
                request.resolution,
                request.texture,
                request.watertight,
                request.smoothing,
                request.triangles,
            ),
            detail=_share(view.edits, "detail"),
            should_stop=stop.is_set,
            on_progress=lambda fraction, step: report(Progress(text, fraction)),
        )

    def _open_photo(self, request: OpenRequest, report: Report, stop: threading.Event) -> Document:
        from goae_core import photo as photos
        from goae_core.landmarks import find_faces
        from goae_core.models import subject_of

        def check() -> None:
            if stop.is_set():
                raise StoppedError("opening the photo was stopped")

        report(Progress(translate("Engine", "Reading {name}").format(name=request.path.name)))
        image = photos.read_photo(request.path)
        pipeline = self._loaded(request.model)
        # The finder knows faces of people only: a cat's head is taken to be in the middle.
        center = request.center or subject_of(pipeline.preset) == "cat"
        picture = PhotoPicture(request.path, _smaller(image), centered=center or request.aligned)
        report(picture)
        check()
        report(Progress(translate("Engine", "Looking for a face")))
        found = None if picture.centered else find_faces(image)
        faces = found or ()
        check()
        aligned = _without_options(
            lambda: photos.aligned_photo(
                request.path,
                pipeline.preset,
                face=None if request.face is None else request.face + 1,
                center=center,
                aligned=request.aligned,
                found=found,
            )
        )
        looking = [number for number, face in enumerate(faces) if face.faces_camera]
        picture = replace(
            picture,
            corners=_corners(aligned.crop, image.shape[1], image.shape[0]),
            boxes=tuple(_shares(face.box, image.shape[1], image.shape[0]) for face in faces),
            faces=len(faces),
            face=request.face if request.face is not None else (looking or [0])[0],
            notice=_notice(aligned.notice),
        )
        if faces:
            landmarks = faces[picture.face].landmarks / (image.shape[1], image.shape[0])
            picture = replace(picture, points=tuple((float(x), float(y)) for x, y in landmarks))
        report(picture)
        check()
        inversion = self._invert(pipeline, aligned, report, stop)
        return self._document(pipeline, inversion, request.path.stem, picture, report)

    @staticmethod
    def _invert(
        pipeline: Pipeline, aligned: AlignedPhoto, report: Report, stop: threading.Event
    ) -> Inversion:
        return pipeline.invert(
            aligned,
            should_stop=stop.is_set,
            on_stage=_stage_reporter(report),
        )

    def _open_project(self, request: OpenRequest, report: Report, stop: threading.Event) -> Document:
        from goae_core import photo as photos
        from goae_core.project import read_project
        from goae_core.reopening import news_of_change, renewed

        path = request.path
        report(Progress(translate("Engine", "Opening {name}").format(name=path.name)))
        project = read_project(path)
        pipeline = self._of_name(project.model)
        if stop.is_set():
            raise StoppedError("opening the project was stopped")
        notice = ""
        if project.outdated:
            news = news_of_change(project, pipeline)
            notice = f"{news[0].upper()}{news[1:]}."
            project = renewed(project, pipeline, should_stop=stop.is_set, on_stage=_stage_reporter(report))
        picture = None
        # A project names its photo without folders; where it lies beside the project it is shown again.
        beside = path.parent / Path(project.inversion.photo.source).name
        source = next((p for p in (request.photo, beside) if p is not None and p.is_file()), None)
        if source is not None:
            image = photos.read_photo(source)
            corners = _corners(project.inversion.photo.crop, image.shape[1], image.shape[0])
            picture = PhotoPicture(source, _smaller(image), corners)
        document = self._document(pipeline, project.inversion, path.stem, picture, report)
        return replace(
            document,
            project=path,
            view=_pose(project.camera, pipeline.preset.camera),
            edits=(
                *_shares_of(project, pipeline.preset.detail.strength),
                *((edit.name, edit.strength) for edit in project.edits if edit.strength != 0.0),
            ),
            showing=project.showing,
            animation=project.animation,
            notice=notice,
        )

    def _document(
        self,
        pipeline: Pipeline,
        inversion: Inversion,
        name: str,
        picture: PhotoPicture | None,
        report: Report,
    ) -> Document:
        from goae_core.pipeline import RenderRequest

        report(Progress(translate("Engine", "First look")))
        photo: AlignedPhoto = inversion.photo
        seen = pipeline.render(
            RenderRequest(
                portrait=pipeline.portrait(inversion),
                camera=photo.camera,
                background=_PANEL_BACKGROUND,
                detail=0.0,  # with it, this would be the photo again
            )
        )
        return Document(
            inversion=inversion,
            model=self._info(pipeline),
            name=name,
            crop=_bytes(photo.pixels),
            reconstruction=seen.color,
            pose=_pose(photo.camera, pipeline.preset.camera),
            photo=picture,
            framing=_framing(photo, picture, pipeline.preset.camera),
            figures=dict(pipeline.figures(inversion)),
            seconds=dict(inversion.seconds),
        )

    def _loaded(self, model: ModelInfo | None) -> Pipeline:
        """The pipeline whose weights made a head; None: the one in use.

        Raises:
            CheckpointError: If these weights are no longer there.
        """
        if model is None:
            return self._models[0].pipeline if self._models else self._of_name(self._model)
        for loaded in self._models:
            if loaded.name == model.name and model.fingerprint in ("", loaded.fingerprint):
                return self._first(loaded)
        from goae_core.models import ModelStore

        if model.fingerprint not in ("", ModelStore().fingerprint(model.name)):
            raise CheckpointError(
                f"this head was made with weights of '{model.name}' that have been replaced since; undo, or "
                "open the photo again to compute it with the new ones"
            )
        return self._of_name(model.name)

    def _of_name(self, name: str | None) -> Pipeline:
        """The pipeline of the weights that bear a name now; None: of the default."""
        from goae_core.models import ModelStore
        from goae_core.pipeline import build, choose_device

        wanted, store = name or _default_model(), ModelStore()
        store.check_accepted(wanted)
        fingerprint = store.fingerprint(wanted)
        for loaded in self._models:
            if (loaded.name, loaded.fingerprint) == (wanted, fingerprint):
                return self._first(loaded)
        device = choose_device(self._device_name)
        self._take_threads()
        return self._first(_Loaded(wanted, fingerprint, build(store.load(wanted), device)))

    def _take_threads(self) -> None:
        """Let torch use as many threads as were asked for; it is asked on the thread that computes."""
        import torch

        if self._torchs_own is None:
            self._torchs_own = torch.get_num_threads()
        torch.set_num_threads(self._threads or self._torchs_own)

    def _first(self, loaded: _Loaded) -> Pipeline:
        """Use a model; the one used before stays, since undo and comparisons come back to it."""
        others = [known for known in self._models if known is not loaded]
        self._models = [loaded, *others[: _KEPT_MODELS - 1]]
        return loaded.pipeline

    def _edited(self, pipeline: Pipeline, inversion: Inversion, edits: Edits) -> Portrait:
        """The edited head; the last two are kept, so that orbiting decodes no edit again."""
        from goae_core.editing import Edit

        for kept in self._portraits:
            if kept[0] is inversion and kept[1] == edits:
                return kept[2]
        portrait = pipeline.portrait(
            self._weighed(pipeline, inversion, edits),
            tuple(Edit(name, strength) for name, strength in edits if name not in _SHARES),
        )
        # Two: the head, and the one it is compared with.
        self._portraits = [(inversion, edits, portrait), *self._portraits[:1]]
        return portrait

    def _weighed(self, pipeline: Pipeline, inversion: Inversion, edits: Edits) -> Inversion:
        """The head with less of AFA or of the mix; the last one is kept."""
        import torch

        from goae_core.editing import weighed

        afa, mix = _shared(edits, "afa"), _shared(edits, "mix")
        if afa == 1.0 and mix == 1.0:
            return inversion
        wanted = (inversion, afa, mix)
        if self._weighed_head is None or self._weighed_head[0] != wanted:
            with torch.inference_mode():
                head = weighed(pipeline.generator, inversion.to(pipeline.device), afa=afa, mix=mix)
            self._weighed_head = wanted, head
        return self._weighed_head[1]

    def _info(self, pipeline: Pipeline) -> ModelInfo:
        from goae_core.models import subject_of

        loaded = next(known for known in self._models if known.pipeline is pipeline)
        return ModelInfo(
            name=loaded.name,
            fingerprint=loaded.fingerprint,
            subject=subject_of(pipeline.preset),
            preset=pipeline.preset.name,
            image_size=pipeline.preset.image_size,
            rig=pipeline.preset.camera,
            attributes=(
                *(
                    Attribute(name, "photo", "share", 1.0, rest=rest, low=0.0, text=text)
                    for name, rest, text in (
                        ("detail", pipeline.preset.detail.strength, translate("engine", _SHARES["detail"])),
                        ("afa", 1.0, translate("engine", _SHARES["afa"])),
                        ("mix", 1.0, translate("engine", _SHARES["mix"])),
                    )
                ),
                *(Attribute(d.name, d.group, d.unit, float(d.limit)) for d in pipeline.directions),
            ),
            device=str(pipeline.device),
        )


def _default_model() -> str:
    from goae_core.models import DEFAULT_MODEL

    return DEFAULT_MODEL


def _photo_for(document: Document, pipeline: Pipeline) -> AlignedPhoto:
    """A document's photo as another model wants it, without matte."""
    from goae_core import photo as photos
    from goae_core.camera import orbit
    from goae_core.inversion import resized

    kept: AlignedPhoto = document.inversion.photo
    size, rig = pipeline.preset.image_size, pipeline.preset.camera
    camera = kept.camera
    if rig != document.model.rig:
        camera = orbit(document.pose.yaw, document.pose.pitch, document.pose.roll, rig=rig)
    if kept.pixels.shape[-1] != size and document.photo is not None and document.photo.path.is_file():
        image = photos.read_photo(document.photo.path)
        return photos.framed(image, kept.crop, camera, pipeline.preset, kept.source)
    return replace(kept, pixels=resized(kept.pixels, size), camera=camera, matte=None)


def _camera(pose: Pose, rig: CameraConfig) -> Camera:
    from goae_core.trajectory import camera_of

    return camera_of(pose.view, rig)


def _pose(camera: Camera, rig: CameraConfig) -> Pose:
    from goae_core.trajectory import view_of

    return Pose.of(view_of(camera, rig))


def _share(edits: Edits, name: str) -> float | None:
    """A share that was set; None: the preset's."""
    return dict(edits).get(name)


def _shared(edits: Edits, name: str) -> float:
    """A share that is whole unless it was set."""
    return dict(edits).get(name, 1.0)


def _shares_of(project: Project, detail: float) -> Edits:
    """The shares of a project that differ from the model's own."""
    kept = (("detail", project.detail, detail), ("afa", project.afa, 1.0), ("mix", project.mix, 1.0))
    return tuple((name, share) for name, share, rest in kept if share is not None and share != rest)


def _framing(photo: AlignedPhoto, picture: PhotoPicture | None, rig: CameraConfig) -> Framing | None:
    if picture is None or picture.corners is None:
        return None
    pose, corners = _pose(photo.camera, rig), np.array(picture.corners)
    height, width = picture.pixels.shape[:2]
    side = float(np.hypot(*((corners[1] - corners[0]) * (1.0, height / width))))
    x, y = corners.mean(axis=0)
    # A frame cut upright from a head that leans: set by hand, the frame leans instead of the camera.
    return Framing((float(x), float(y)), side, photo.crop.roll + pose.roll, pose.yaw, pose.pitch)


def _pixels(frame: Frame, shown: Pass, rig: CameraConfig) -> Pixels:
    """The picture of a pass, (R, R, 3)."""
    if shown == "depth" and frame.depth is not None:
        from goae_core.opencv import cv2

        near, far = rig.radius - _DEPTH_REACH, rig.radius + _DEPTH_REACH
        share = np.clip((far - frame.depth) / (far - near), 0.0, 1.0)
        levels = np.rint(255 * np.nan_to_num(share)).astype(np.uint8)
        colors = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)
        there = np.isfinite(frame.depth) * (frame.alpha / np.float32(255))
        return np.asarray(colors * there[..., None], dtype=np.uint8)
    passes = {"normal": frame.normal, "visibility": frame.visibility, "residual": frame.residual}
    pixels = passes.get(shown)
    return frame.color if pixels is None else pixels


def vertex_normals(
    vertices: npt.NDArray[np.float32], faces: npt.NDArray[np.int32]
) -> npt.NDArray[np.float32]:
    """Unit normals at the vertices: those of the triangles around, by area. (V, 3)."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    count = len(vertices)
    total = np.stack(
        [
            sum(np.bincount(faces[:, corner], across[:, axis], minlength=count) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12), dtype=np.float32)


def _shares(
    box: tuple[float, float, float, float], width: int, height: int
) -> tuple[float, float, float, float]:
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def _stage_reporter(report: Report) -> Callable[[str], None]:
    return lambda stage: report(Progress(translate("engine", _STAGES.get(stage, stage.capitalize()))))


def _without_options(work: Callable[[], AlignedPhoto]) -> AlignedPhoto:
    """Run `work`; its errors speak of the command line's options, which a window does not have."""
    try:
        return work()
    except NoFaceError as error:
        raise NoFaceError(str(error).replace(" with --center", "")) from error


def _notice(text: str) -> str:
    """The sentences of a notice that name no option of the command line."""
    return " ".join(sentence for sentence in re.split(r"(?<=\.)\s+", text) if "--" not in sentence)


def _bytes(pixels: torch.Tensor) -> Pixels:
    """(1, 3, R, R) in [-1, 1] -> (R, R, 3) bytes."""
    values = (pixels[0].float().cpu().clamp(-1, 1) + 1) * 127.5
    return values.round().byte().permute(1, 2, 0).contiguous().numpy()


def _smaller(image: npt.NDArray[np.uint8]) -> Pixels:
    """The photo at a size worth keeping for a panel."""
    from goae_core.opencv import cv2

    height, width = image.shape[:2]
    factor = _PREVIEW_SIDE / max(height, width)
    if factor >= 1.0:
        return np.ascontiguousarray(image)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _corners(crop: Crop, width: int, height: int) -> tuple[tuple[float, float], ...]:
    """Corners of the crop in picture widths and heights, clockwise from its top left."""
    cos, sin, half = math.cos(crop.roll), math.sin(crop.roll), crop.side / 2
    x, y = float(crop.center[0]), float(crop.center[1])
    return tuple(
        ((x + half * (u * cos - v * sin)) / width, (y + half * (u * sin + v * cos)) / height)
        for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
