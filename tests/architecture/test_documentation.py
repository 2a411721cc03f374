"""The README and the public names say what is there: commands, options, exported names."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest
import typer.main

from app.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND_LINES = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("goae ")
]
MODULES_WITH_ALL = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("app", "goae_core")
    for path in (ROOT / package).rglob("*.py")
    if "\n__all__" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_commands_of_the_readme_exist(line: str) -> None:
    command = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while words and (commands := getattr(command, "commands", None)):
        assert words[0] in commands, line
        command = commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("-")} <= options, line


def test_readme_names_every_command() -> None:
    commands = getattr(typer.main.get_command(app), "commands", {})
    assert len(commands) >= 8
    assert [name for name in commands if f"goae {name}" not in README] == []


def test_readme_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", MODULES_WITH_ALL)
def test_exported_names_exist(name: str) -> None:
    module = importlib.import_module(name)
    assert [exported for exported in module.__all__ if not hasattr(module, exported)] == []
