"""`goae bench`: what a frame costs on this machine."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import options
from app.cli.progress import progress
from app.cli.stopping import should_stop
from goae_core.whole_file import whole_file

if TYPE_CHECKING:
    from app.cli.benchmark import Benchmark

_ROUNDS, _QUICK_ROUNDS = 5, 1


def bench(
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all measurements to a file as well.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One round instead of five.")] = False,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Time a frame on this machine, ours beside the published architecture's.

    Both run with random weights. Frame: a full picture of a head that is there already. Preview: the same
    while the mouse moves. Slider step: new planes for another strength, then a preview.

    Two ratios stand in each row, both against the frame of the published architecture (ffhq512): how many
    times less wall time the row takes, which is what a person waits, and how many times less processor time,
    which other programs cannot stretch.
    """
    from app.cli.benchmark import run_benchmark
    from goae_core.pipeline import choose_device

    with progress("building the networks") as bar:
        measured = run_benchmark(
            choose_device(device.value),
            rounds=_QUICK_ROUNDS if quick else _ROUNDS,
            should_stop=should_stop,
            on_progress=bar.show,
        )
    for line in _table(measured):
        typer.echo(line)
    if json_file is not None:
        with whole_file(json_file) as part:
            part.write_text(
                json.dumps(_as_json(measured), indent=2, allow_nan=False) + "\n", encoding="utf-8"
            )


def _table(measured: Benchmark) -> list[str]:
    from app.cli.benchmark import REFERENCE

    machine = measured.machine
    before, after = machine.load
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.system}",
        f"Python {machine.python}, torch {machine.torch}, {machine.device}, {machine.threads} threads, "
        f"load {before:.1f} before and {after:.1f} after",
        "",
        f"{'':22}{_centered('wall time', 56)}{_centered('processor time', 22)}",
        f"{'':22}{'median':>11}{'least':>11}{'most':>11}{'spread':>8}{'runs':>6}{'ratio':>9}"
        f"{'median':>13}{'ratio':>9}",
    ]
    for row in measured.rows:
        times = "".join(f"{1000 * s:>8.1f} ms" for s in (row.median, min(row.seconds), max(row.seconds)))
        wall = f"{row.spread:>8.0%}{len(row.seconds):>6}{measured.ratio(row.name):>8.1f}x"
        busy = f"{1000 * row.busy_median:>10.1f} ms{measured.busy_ratio(row.name):>8.1f}x"
        lines.append(f"{row.name:22}{times}{wall}{busy}")
    lines += [
        "",
        f"ratio: median of '{REFERENCE}' divided by the row's own, once by wall time, once by processor time",
        "processor time: summed over threads, which other programs cannot stretch; shares by it:",
    ]
    for name, shares in measured.stages.items():
        lines.append(f"{name:22}" + ", ".join(f"{stage} {share:.0%}" for stage, share in shares.items()))
    if measured.chunks:
        waits = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in measured.chunks.items())
        lines += ["", f"a cancel waits at most (wall time, studio256): {waits}"]
    return lines


def _centered(title: str, width: int) -> str:
    return f" {f' {title} ':-^{width - 1}}"


def _as_json(measured: Benchmark) -> dict[str, Any]:
    machine = asdict(measured.machine)
    machine["load"] = [None if math.isnan(load) else load for load in measured.machine.load]
    return {
        "machine": machine,
        "quantities": {
            row.name: {
                "median_s": row.median,
                "spread": row.spread,
                "cheaper": measured.ratio(row.name),
                "seconds": list(row.seconds),
                "processor_median_s": row.busy_median,
                "processor_cheaper": measured.busy_ratio(row.name),
                "processor_seconds": list(row.busy_seconds),
            }
            for row in measured.rows
        },
        "stages": measured.stages,
        "longest_chunk_s": dict(measured.chunks),
    }
