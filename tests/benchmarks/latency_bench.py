"""How long an answer takes: `python -m tests.benchmarks.latency_bench [--cold N] [--warm N]`.

Cold: whole processes of `python -m app ask … --json` on a home that is already seeded, start to exit. Warm: turns of one
process over a fixed session, from question to audited answer with its checkpoints on disk. No language model takes part.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from app.settings import Settings
from app.wiring import open_assistant

ROOT = Path(__file__).parents[2]
QUESTION = "招商银行2023年不良率是多少？较上年变化多少？"
SESSION = (QUESTION, "那拨备呢", "和兴业比呢", "近三年趋势", "招商银行2023年净利润", "2024年呢", "增加了多少", "哪家银行2024年ROE最高", "招行2024年怎么样", "流动比率是多少")


def cold_seconds(home: Path, runs: int) -> list[float]:
    """Seconds of whole `ask` processes; the first, which seeds the ledger, is not counted."""
    command = [sys.executable, "-m", "app", "ask", QUESTION, "--json"]
    environment = {**os.environ, "CAIZHI_HOME": str(home)}
    seconds = []
    for _ in range(runs + 1):
        started = perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds.append(perf_counter() - started)
    return seconds[1:]


def warm_milliseconds(home: Path, rounds: int) -> list[float]:
    """Milliseconds of turns in one process; the first session, which fills the caches, is not counted."""
    taken: list[float] = []
    with open_assistant(Settings.load(home=home)) as assistant:
        for index in range(rounds + 1):
            for question in SESSION:
                started = perf_counter()
                assistant.ask(question, thread_id=f"bench-{index}")
                if index:
                    taken.append((perf_counter() - started) * 1000)
    return taken


def main() -> None:
    """Print both timings and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", type=int, default=5, help="processes to time")
    parser.add_argument("--warm", type=int, default=5, help="sessions to time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cold = cold_seconds(Path(folder), options.cold)
        warm = sorted(warm_milliseconds(Path(folder), options.warm))
    print(f"cold ask   median {median(cold):.2f} s   min {min(cold):.2f}   max {max(cold):.2f}   ({len(cold)} processes)")
    print(f"warm turn  median {median(warm):.0f} ms  p95 {warm[int(len(warm) * 0.95)]:.0f}  max {warm[-1]:.0f}   ({len(warm)} turns)")
    print(json.dumps({"cold_median_s": round(median(cold), 3), "warm_median_ms": round(median(warm), 1)}))


if __name__ == "__main__":
    main()
