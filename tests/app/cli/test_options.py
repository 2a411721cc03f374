from __future__ import annotations

from pathlib import Path

import pytest
import typer

from app.cli.options import checked_output, parsed_settings
from goae_core.mesh import mesh_suffix


def test_settings_are_names_and_strengths_and_the_last_counts() -> None:
    settings = parsed_settings(["smile=2", "hair colour = -1.5", "smile=+.5"])
    assert settings == {"smile": 0.5, "hair colour": -1.5}
    assert parsed_settings(None) == {}


@pytest.mark.parametrize("text", ["smile", "=2", "smile=", "smile=much", "smile=nan", "smile=inf", "smile:2"])
def test_other_forms_are_bad_usage_and_show_a_good_one(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not NAME=STRENGTH, for example smile=2"):
        parsed_settings([text])


def test_output_is_judged_before_the_work(tmp_path: Path) -> None:
    assert checked_output(tmp_path / "head.obj", mesh_suffix) == tmp_path / "head.obj"
    with pytest.raises(typer.BadParameter, match=r"'head\.txt' is no mesh file; end it in \.obj"):
        checked_output(tmp_path / "head.txt", mesh_suffix)
    (tmp_path / "folder.obj").mkdir()
    with pytest.raises(typer.BadParameter, match="is a folder; name a file"):
        checked_output(tmp_path / "folder.obj", mesh_suffix)
