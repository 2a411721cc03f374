from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.cli.endings import sentence_of, status_of
from app.cli.stopping import Interrupted
from goae_core.errors import PhotoError, StoppedError


def raising(error: BaseException) -> int:
    def command() -> None:
        raise error

    return status_of(command)


def test_success_is_zero_and_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(lambda: None) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (1, 1), (2, 2), (130, 1), ("text", 1)])
def test_only_bad_usage_is_two(code: int | str | None, status: int) -> None:
    assert raising(SystemExit(code)) == status


def test_foreseen_error_is_its_sentence_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(PhotoError("no picture:\n  'a.txt' holds text; name a photo")) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "goae: no picture: 'a.txt' holds text; name a photo\n"


@pytest.mark.parametrize("error", [Interrupted(), KeyboardInterrupt(), StoppedError("stopped")])
def test_stopping_is_one_with_a_sentence(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(error) == 1
    err = capsys.readouterr().err
    assert err.startswith("goae: stopped")
    assert err.count("\n") == 1


def test_unforeseen_error_leaves_a_log_and_no_traceback(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path))
    assert raising(ZeroDivisionError("division by zero")) == 1

    err = capsys.readouterr().err
    log = tmp_path / "logs" / "goae.log"
    assert err == (
        "goae: something unexpected went wrong (ZeroDivisionError: division by zero); "
        f"the details are in {log}\n"
    )
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert "raise error" in log.read_text(encoding="utf-8")


def test_log_goes_elsewhere_where_its_place_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    sentence = sentence_of(ValueError("odd"))

    assert sentence.endswith(str(tmp_path / "temporary" / "goae-studio.log"))
    assert (tmp_path / "temporary" / "goae-studio.log").exists()


def test_lack_of_memory_says_what_to_do() -> None:
    assert "choose a smaller size" in sentence_of(MemoryError())


def test_reader_that_has_gone_is_no_error_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "pipe").open("w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert raising(BrokenPipeError()) == 1
    assert capsys.readouterr().err == ""
