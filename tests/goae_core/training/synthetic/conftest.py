from __future__ import annotations

import os
from pathlib import Path

import pytest

from goae_core.training.synthetic.head_pack import HeadPack, read_head_pack
from tests.goae_core.training.synthetic.tiny_pack import write_tiny_pack


@pytest.fixture(scope="session")
def pack_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_pack(tmp_path_factory.mktemp("tiny_pack"))


@pytest.fixture(scope="session")
def pack(pack_dir: Path) -> HeadPack:
    return read_head_pack(pack_dir)


@pytest.fixture(scope="session")
def real_pack(request: pytest.FixtureRequest) -> HeadPack:
    """The pack that the shipped model was trained with; tests that need it are skipped without it.

    It lies where GOAE_HEAD_PACK says, else in the folder shared beside the checkout.
    """
    if named := os.environ.get("GOAE_HEAD_PACK"):
        return read_head_pack(Path(named))
    shared: Path = request.getfixturevalue("shared_dir")
    return read_head_pack(shared / "heads" / "pack")
