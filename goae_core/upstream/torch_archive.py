"""Plain tensors out of a torch file: what `torch.save` wrote of a state dict or of one tensor.

torch's own weights-only reader does the work; around it stand the bounds it does not set and one sentence for
every way it can fail.

Source: own-words specification of GOAE's files, sections 12 (directions) and 15 (state dicts).
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import Any, Final

import torch
from torch import Tensor

from goae_core.errors import CheckpointError

_GLOBAL: Final = re.compile(r"(?:GLOBAL|Unsupported (?:class|function)) (\w+\.[\w.]{1,200})")


def read_tensors(data: bytes, what: str) -> dict[str, Tensor]:
    """Read a state dict: a dict of tensors by name, and nothing else.

    Args:
        data: A whole torch file, zip or legacy.
        what: The file, as messages should call it.

    Returns:
        Tensors on the CPU, contiguous, sharing no memory, in the file's order.

    Raises:
        CheckpointError: If the file is truncated, foreign or hostile, or holds anything else.
    """
    value = _load(data, what)
    if not isinstance(value, dict) or not value:
        raise CheckpointError(
            f"{what} holds {_kind(value)}; expected a dictionary of tensors by name, as GOAE publishes its "
            "weights"
        )
    for name, tensor in value.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise CheckpointError(
                f"{what} holds {_kind(tensor)} under {str(name)[:80]!r}; expected nothing but tensors by name"
            )
    return {name: _own(tensor, f"'{name[:80]}' in {what}") for name, tensor in value.items()}


def read_tensor(data: bytes, what: str) -> Tensor:
    """Read a single tensor.

    Raises:
        CheckpointError: As `read_tensors`.
    """
    value = _load(data, what)
    if not isinstance(value, Tensor):
        raise CheckpointError(f"{what} holds {_kind(value)}; expected one tensor")
    return _own(value, what)


def is_zip(data: bytes) -> bool:
    """Tell whether the bytes begin as a zip archive, as torch writes since 1.6."""
    return data[:4] == b"PK\x03\x04"


def _load(data: bytes, what: str) -> Any:  # noqa: ANN401 - a foreign structure
    if is_zip(data):
        _check_archive(data, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the age of the form, which the user cannot change
            return torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises whatever the damage leads to
        asked = _GLOBAL.search(str(error))
        if asked is not None:
            raise CheckpointError(
                f"{what} asks for the Python global '{asked[1]}', which weights do not need; it "
                "was refused and nothing of the file was run, so get the file from its publisher again"
            ) from error
        raise CheckpointError(
            f"{what} is truncated or is no file of weights that torch wrote; get it again"
        ) from error


def _check_archive(data: bytes, what: str) -> None:
    """Refuse what would unfold to more than it weighs: torch stores its numbers uncompressed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unfolded = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise CheckpointError(
            f"{what} is truncated: its archive has no readable end; get it again"
        ) from error
    if unfolded > len(data):
        raise CheckpointError(
            f"{what} would unfold from {len(data)} to {unfolded} bytes, which no file of weights does; "
            "it was not read"
        )


def _own(tensor: Tensor, what: str) -> Tensor:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
        raise CheckpointError(f"{what} is no plain tensor of numbers; get the file again")
    stored = tensor.untyped_storage().nbytes() // max(1, tensor.element_size())
    if tensor.numel() > stored:
        # A stride of 0 shows one number many times: a few bytes could claim any size.
        raise CheckpointError(
            f"{what} claims {tensor.numel()} numbers but holds {stored}; get the file again"
        )
    return tensor.detach().clone(memory_format=torch.contiguous_format)


def _kind(value: object) -> str:
    return f"an object of type {type(value).__name__}"
