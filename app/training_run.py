"""Training as a process of its own: `goae train STAGE --json`, started, listened to and stopped.

    plan -> arguments -> process -> lines of JSON -> TrainingNews
                                 -> end           -> TrainingEnd: done, stopped or failed, in one sentence

It shares nothing with the window but the run's folder: a crash there is a sentence here.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from app.translation import translate
from goae_core.training.progress import StageName

STAGES: tuple[StageName, ...] = get_args(StageName)
_PATIENCE_MS = 15_000
_KEPT_WORDS = 4000


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What to train, from what, into which folder."""

    stage: StageName
    data: Path
    out: Path
    pack: Path | None = None
    """Head pack to render from; the stage "data" needs it."""
    minutes: float | None = None
    """None: until the stage is done."""
    persons: int = 2000
    preset: str = "studio256"
    device: str = "auto"
    resume: bool = False

    def arguments(self) -> list[str]:
        """What follows `goae`."""
        words = ["train", self.stage, "--json", "--data", str(self.data), "--out", str(self.out)]
        words += ["--preset", self.preset, "--device", self.device, "--persons", str(self.persons)]
        if self.pack is not None:
            words += ["--pack", str(self.pack)]
        if self.minutes is not None:
            words += ["--minutes", f"{self.minutes:g}"]
        return [*words, "--resume"] if self.resume else words

    @property
    def folder(self) -> Path:
        """Where the stage writes its checkpoint, its log and its sheets."""
        return self.out / self.stage

    @property
    def resumable(self) -> bool:
        """Whether a run was stopped there; looks at the disk."""
        return (self.folder / "checkpoint.pt").is_file()


@dataclass(frozen=True, slots=True)
class TrainingNews:
    """A line of the process."""

    step: int
    fraction: float
    """0 to 1."""
    figures: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrainingEnd:
    """How it ended."""

    kind: Literal["done", "stopped", "failed"]
    sentence: str


def read_news(line: str) -> TrainingNews | None:
    """News from a line of JSON; None if it is something else."""
    try:
        content = json.loads(line)
        figures = {str(name): float(value) for name, value in content["figures"].items()}
        return TrainingNews(
            int(content["step"]), float(content["fraction"]), figures, str(content.get("message", ""))
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def read_log(folder: Path) -> list[TrainingNews]:
    """What earlier runs of a stage noted in its `log.jsonl`; empty if there is none."""
    try:
        lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        try:
            content = json.loads(line)
            figures = {k: float(v) for k, v in content.items() if k not in ("step", "elapsed_s")}
            found.append(TrainingNews(int(content["step"]), math.nan, figures))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            continue  # the last line of a run that was killed
    return found


def newest_sheet(folder: Path) -> Path | None:
    """The picture that a run wrote last, in its folder; None if there is none."""
    try:
        sheets = [(path.stat().st_mtime_ns, path) for path in folder.glob("*.png")]
    except OSError:
        return None
    return max(sheets)[1] if sheets else None


def command() -> list[str]:
    """The command line of this installation."""
    if getattr(sys, "frozen", False):  # a packaged window has its command beside it
        beside = Path(sys.executable)
        return [str(beside.with_name("goae" + beside.suffix))]
    return [sys.executable, "-m", "app.cli.main"]


class TrainingRun(QObject):
    """One process at a time. Lives on the window's thread and never waits, but for `close`.

    Signals:
        news(TrainingNews): A step is done.
        ended(TrainingEnd): The process is gone.
    """

    news = Signal(object)
    ended = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, program: Callable[[], Sequence[str]] = command
    ) -> None:
        """Start idle.

        Args:
            parent: Owner.
            program: What the plan's arguments are given to.
        """
        super().__init__(parent)
        self._program = program
        self._process: QProcess | None = None
        self._asked_to_stop = False
        self._unread = b""
        self._words = ""
        self.plan: TrainingPlan | None = None
        """What runs, or ran last."""

    @property
    def running(self) -> bool:
        """Whether a process is there."""
        return self._process is not None

    def start(self, plan: TrainingPlan) -> None:
        """Start training, at a lower priority than the window.

        Raises:
            RuntimeError: If training is under way.
        """
        if self._process is not None:
            raise RuntimeError("training is under way; only one run at a time can be started here")
        self.plan = plan
        self._asked_to_stop, self._unread, self._words = False, b"", ""
        process = self._process = QProcess(self)
        surroundings = QProcessEnvironment.systemEnvironment()
        surroundings.insert("PYTHONUNBUFFERED", "1")
        surroundings.insert("PYTHONUTF8", "1")
        process.setProcessEnvironment(surroundings)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._listen)
        process.errorOccurred.connect(self._on_error)
        process.finished.connect(self._on_finished)
        words = [*self._program(), *plan.arguments()]
        nice = shutil.which("nice")
        if nice is not None:
            words = [nice, "-n", "5", *words]
        process.start(words[0], words[1:])

    def stop(self) -> None:
        """Ask it to save and end; asked again, it is killed."""
        if self._process is None:
            return
        if self._asked_to_stop:
            self._process.kill()
        else:
            self._asked_to_stop = True
            self._process.terminate()

    def close(self) -> None:
        """End it and wait for that: it saves first, if it can within a quarter of a minute."""
        process = self._process
        if process is None:
            return
        self._process = None
        process.blockSignals(True)
        process.terminate()
        if not process.waitForFinished(_PATIENCE_MS):
            process.kill()
            process.waitForFinished(_PATIENCE_MS)

    def _read(self) -> None:
        if self._process is None:
            return
        self._unread += bytes(self._process.readAllStandardOutput().data())
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            news = read_news(line.decode("utf-8", "replace"))
            if news is not None:
                self.news.emit(news)

    def _listen(self) -> None:
        if self._process is not None:
            heard = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            self._words = (self._words + heard)[-_KEPT_WORDS:]

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            reason = self._process.errorString()
            text = translate("TrainingRun", "Training could not be started: {reason}.")
            self._end(TrainingEnd("failed", text.format(reason=reason.rstrip("."))))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._listen()
        if status == QProcess.ExitStatus.CrashExit and not self._asked_to_stop:
            text = translate(
                "TrainingRun",
                "The training process died (signal {code}); the window is unharmed. "
                "Resume goes on from its last checkpoint.",
            )
            self._end(TrainingEnd("failed", text.format(code=code)))
        elif self._asked_to_stop:
            text = translate("TrainingRun", "Stopped; resume goes on from here.")
            self._end(TrainingEnd("stopped", text))
        elif code == 0:
            self._end(TrainingEnd("done", translate("TrainingRun", "Training is done.")))
        else:
            self._end(TrainingEnd("failed", last_sentence(self._words)))

    def _end(self, end: TrainingEnd) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.ended.emit(end)


def last_sentence(words: str) -> str:
    """The sentence with which `goae` said why it ended."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if not lines:
        return translate("TrainingRun", "Training ended without saying why.")
    said = [line for line in lines if line.startswith("goae: ")]
    text = (said or lines)[-1].removeprefix("goae: ")
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
