"""Reopening a project whose model has changed since.

The planes and features in a project mean something to the weights they were made with and are noise to
others. Its photo crop, camera, edits and view mean the same to every version of a model: from these the head
is computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from goae_core.inversion import resized
from goae_core.pipeline import Pipeline
from goae_core.project import Project


def news_of_change(project: Project, pipeline: Pipeline) -> str:
    """What the person should know before an outdated project is renewed, in one sentence."""
    sentence = (
        f"the model '{project.model}' has changed since this project was saved: its head is computed again "
        "from the photo crop in the file, with the same edits and view"
    )
    if lost := _lost(project, pipeline):
        sentence += f", except {', '.join(lost)}, which the model no longer has"
    return sentence


def renewed(
    project: Project,
    pipeline: Pipeline,
    *,
    should_stop: Callable[[], bool] | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Project:
    """Compute an outdated project's head again; one that is not outdated is returned as it is.

    Args:
        project: As read.
        pipeline: Its model, as it is now; the matte is found anew too.
        should_stop: See `Pipeline.invert`.
        on_stage: See `Pipeline.invert`.

    Returns:
        The project on the pipeline's device, with crop, camera, edits and view as they were; edits along
        directions that the model no longer has are left out.

    Raises:
        CheckpointError: If the model can no longer invert photos.
        StoppedError: If `should_stop` said so.
    """
    if not project.outdated:
        return project
    photo = project.inversion.photo
    crop = replace(photo, pixels=resized(photo.pixels, pipeline.preset.image_size), matte=None)
    inversion = pipeline.invert(crop, should_stop=should_stop, on_stage=on_stage)
    lost = _lost(project, pipeline)
    edits = tuple(edit for edit in project.edits if edit.name not in lost)
    return replace(project, inversion=inversion, edits=edits, outdated=False)


def _lost(project: Project, pipeline: Pipeline) -> list[str]:
    known = {direction.name for direction in pipeline.directions}
    return [edit.name for edit in project.edits if edit.name not in known]
