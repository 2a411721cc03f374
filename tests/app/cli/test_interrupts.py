"""Ctrl-C on the real program, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole consoles only"),
    pytest.mark.timeout(400),  # a new process loads torch, which takes a minute where others compete
]

_FILM = """
import sys
from app.cli import turntable_command
from app.cli.main import main

frames = turntable_command._pictures

def announced(*arguments):
    for number, frame in enumerate(frames(*arguments)):
        if number == 3:
            print("three frames are done", flush=True)
        yield frame

turntable_command._pictures = announced
main()
"""

_DEAF = """
import time
from app.cli import main as module

def deaf():
    print("ready", flush=True)
    while True:
        time.sleep(0.01)

module.app.command("deaf")(deaf)
module.main()
"""


def started(
    program: str, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).resolve().parents[3],
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(process: subprocess.Popen[str], ready: str) -> tuple[int, str]:
    """Wait for a line, press Ctrl-C, and return the exit status and what stands on stderr."""
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == ready
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=180)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return process.returncode, err


def test_ctrl_c_in_a_film_ends_with_one_sentence_and_no_file(
    made_head: Path, model_dir: Path, tmp_path: Path
) -> None:
    arguments = [
        "turntable",
        str(made_head),
        "-o",
        str(tmp_path / "turn.mp4"),
        "--frames",
        "2000",
        "--size",
        "32",
    ]
    process = started(_FILM, *arguments, environment={"GOAE_DATA_DIR": str(model_dir)})

    status, err = interrupted(process, "three frames are done")

    assert status == 1
    last = err.splitlines()[-1]  # before it, a busy machine may say how much is left
    assert last.startswith("goae: ")
    assert "stopped" in last
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_even_work_that_never_looks() -> None:
    status, err = interrupted(started(_DEAF, "deaf"), "ready")

    assert status == 1
    assert err == "goae: stopped; what was not finished was not written\n"
