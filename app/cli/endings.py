"""How the command ends: 0, 2 for bad usage, 1 for everything else, and never a traceback on the screen."""

from __future__ import annotations

import logging
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.cli.stopping import Interrupted
from goae_core.errors import GoaeError

_logger = logging.getLogger(__name__)


class FailedError(GoaeError):
    """A command that did part of its work; the sentence says how much."""


def status_of(command: Callable[[], object]) -> int:
    """Run a command and turn whatever it raises into an exit status and one sentence on stderr.

    Args:
        command: Does the work; a `SystemExit` carries its status, 2 for usage errors.

    Returns:
        0, 1 or 2.
    """
    try:
        command()
        sys.stdout.flush()
    except SystemExit as end:
        return _code(end)
    except (Interrupted, KeyboardInterrupt):
        _say("stopped; what was not finished was not written")
    except BrokenPipeError:
        # whoever read our output has gone; the interpreter's own flush at exit must not fail as well
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        _say(sentence_of(error))
    else:
        return 0
    return 1


def sentence_of(error: Exception) -> str:
    """What to tell the user of an error; one that nobody foresaw goes to the log with its traceback."""
    if isinstance(error, GoaeError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; choose a smaller size, or close other programs"
    return f"something unexpected went wrong ({_short(error)}); the details are in {_write_log(error)}"


def _code(end: SystemExit) -> int:
    if end.code is None or end.code == 0:
        return 0
    return 2 if end.code == 2 else 1


def _say(sentence: str) -> None:
    text = " ".join(sentence.split())
    print(f"goae: {text}", file=sys.stderr, flush=True)  # noqa: T201


def _short(error: Exception) -> str:
    first_line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first_line[:160]}".rstrip(": ")


def _write_log(error: Exception) -> Path:
    """Append the error's traceback to the log; return the log's path."""
    moment = datetime.now().astimezone().isoformat(timespec="seconds")
    system = f"Python {platform.python_version()} on {platform.platform()}"
    entry = f"{moment}  {system}\n{' '.join(sys.argv)}\n{''.join(traceback.format_exception(error))}\n"
    for path in _log_places():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as log:
                log.write(entry)
        except OSError:
            continue
        return path
    _logger.error(entry)
    return Path("nowhere: no folder could be written to")


def _log_places() -> list[Path]:
    import appdirs

    given = os.environ.get("GOAE_DATA_DIR")
    folder = Path(given) / "logs" if given else Path(appdirs.user_log_dir("goae-studio", appauthor=False))
    return [folder / "goae.log", Path(tempfile.gettempdir()) / "goae-studio.log"]
