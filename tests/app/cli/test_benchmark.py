from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from app.cli import benchmark
from app.cli.bench_command import _table
from app.cli.benchmark import (
    DETAILED,
    FRAME,
    PREVIEW,
    REFERENCE,
    SLIDER,
    Benchmark,
    Machine,
    Row,
    longest_wait,
    run_benchmark,
)
from app.cli.main import run
from app.cli.random_model import random_checkpoint
from goae_core.errors import StoppedError
from goae_core.presets import preset

CPU = torch.device("cpu")


def test_median_spread_and_ratio_of_known_times() -> None:
    machine = Machine("some chip", 2, "some system", "3.11", "2.13", "cpu", 2, (math.nan, 1.0))
    rows = (
        Row(REFERENCE, (4.0, 6.0, 5.0), (8.0, 8.0, 9.0)),
        Row(FRAME, (0.1, 0.1, 0.2, 0.4), (0.2, 0.2, 0.2, 0.3)),
    )
    measured = Benchmark(machine, rows, {})

    assert rows[0].median == 5.0
    assert rows[0].spread == pytest.approx(0.4)
    assert rows[1].median == pytest.approx(0.15)
    assert measured.ratio(FRAME) == pytest.approx(5.0 / 0.15)
    assert measured.busy_ratio(FRAME) == pytest.approx(8.0 / 0.2)
    assert measured.ratio(REFERENCE) == 1.0


def test_the_longest_wait_is_that_between_two_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 4.0, 6.0])
    monkeypatch.setattr("app.cli.benchmark.time.perf_counter", lambda: next(clock))

    def work(ask: Callable[[], bool]) -> None:
        assert not ask()  # at 1
        assert not ask()  # at 4, done at 6

    assert longest_wait(work) == 3.0


def test_every_quantity_is_measured_in_every_round() -> None:
    shown: list[float] = []
    measured = run_benchmark(
        CPU,
        rounds=2,
        studio=preset("tiny"),
        reference=preset("tiny"),
        on_progress=lambda share, text: shown.append(share),
    )

    assert measured.chunks.keys() == {"invert", "frame with detail", "edit"}
    assert min(measured.chunks.values()) > 0
    assert any(line.startswith("a cancel waits at most") for line in _table(measured))
    assert {row.name: len(row.seconds) for row in measured.rows} == {
        REFERENCE: 2,
        FRAME: 10,
        DETAILED: 10,
        PREVIEW: 10,
        SLIDER: 6,
    }
    assert all(second > 0.0 for row in measured.rows for second in row.seconds)
    assert shown == sorted(shown)
    assert measured.machine.threads == torch.get_num_threads()
    for shares in measured.stages.values():
        assert sum(shares.values()) == pytest.approx(1.0)
        assert min(shares.values()) >= 0.0


def test_benchmark_stops_when_asked() -> None:
    with pytest.raises(StoppedError):
        run_benchmark(
            CPU, rounds=1, studio=preset("tiny"), reference=preset("tiny"), should_stop=lambda: True
        )


def test_table_says_which_ratio_is_which() -> None:
    machine = Machine("Abacus", 2, "Linux", "3.11", "2.13", "cpu", 1, (0.5, 0.25))
    rows = (
        Row(REFERENCE, (6.0, 5.0, 7.0), (4.0, 4.5, 3.0)),  # medians 6 and 4
        Row(FRAME, (0.25, 0.5, 0.125), (0.1, 0.2, 0.05)),  # medians 0.25 and 0.1: ratios 24 and 40
    )
    lines = _table(Benchmark(machine, rows, {}))
    groups, heads, reference, frame = lines[3:7]
    assert groups.replace("-", " ").split() == ["wall", "time", "processor", "time"]
    assert heads.split() == ["median", "least", "most", "spread", "runs", "ratio", "median", "ratio"]
    assert reference.split()[-3:] == ["4000.0", "ms", "1.0x"]
    assert frame.split()[2:] == (
        ["250.0", "ms", "125.0", "ms", "500.0", "ms", "150%", "3", "24.0x", "100.0", "ms", "40.0x"]
    )
    # each group ends where its ratio does
    assert groups.index(" -- processor") == heads.index("ratio") + len("ratio")
    assert len(groups) == len(heads) == len(frame)
    assert "ratio: median of 'ffhq512 frame' divided by the row's own, once by wall time" in "\n".join(lines)


def test_command_prints_a_table_and_writes_the_same_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = preset("tiny")
    asked: list[str] = []

    def small(name: str) -> Any:  # noqa: ANN401  a Preset
        asked.append(name)
        return tiny

    monkeypatch.setattr(benchmark, "preset", small)
    assert run(["bench", "--quick", "--device", "cpu", "--json", str(tmp_path / "bench.json")]) == 0

    assert asked == ["studio256", "ffhq512"]
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    frame = written["quantities"][FRAME]
    printed = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(FRAME))
    assert f"{1000 * frame['median_s']:.1f} ms" in printed
    assert f"{frame['cheaper']:.1f}x" in printed
    assert f"{frame['processor_cheaper']:.1f}x" in printed
    assert len(frame["seconds"]) == 5
    assert set(written["stages"][REFERENCE]) == {"march", "upscale"}


def test_random_model_is_the_same_for_a_seed_and_leaves_the_callers_randomness_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (random_checkpoint(preset("tiny"), seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)

    name = "backbone.mapping.fc0.weight"
    assert torch.equal(first.weights["generator"][name], again.weights["generator"][name])
    assert not torch.equal(first.weights["generator"][name], other.weights["generator"][name])
    assert torch.equal(first.directions[0].offset, again.directions[0].offset)
