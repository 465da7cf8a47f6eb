"""How a version serves: seconds an answer and memory, measured in a process of its own, as a service would be started.

Run as `python -m finetune.release.serving` with a JSON request on standard input; the result is one JSON line.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from data.errors import ReleaseError
from finetune.release.folders import folder_size
from finetune.release.gate import Serving

_MEGA = 1 << 20
_TIMEOUT_S = 600.0


def measure_serving(model: Path, prompts: Sequence[str], adapter: Path | None = None, most_tokens: int = 160) -> Serving:
    """Serve the prompts one after the other with the product's engine in a fresh process; p95 of seconds an answer, its peak memory.

    model: a model folder (float or int8); adapter: on top of it. The first prompt is asked once before, and not counted.

    Raises:
        ReleaseError: there are no prompts, or the process failed (its last line is the message).
    """
    if not prompts:
        raise ReleaseError("测时延需要至少一个提示")
    request = {"model": str(model), "adapter": str(adapter) if adapter else "", "prompts": list(prompts), "most_tokens": most_tokens}
    command = [sys.executable, "-m", "finetune.release.serving"]
    try:
        run = subprocess.run(
            command, input=json.dumps(request), capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S, check=False, cwd=Path(__file__).parents[2]
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(f"测时延超过 {_TIMEOUT_S:.0f} 秒") from error
    if run.returncode:
        last = ([line for line in run.stderr.splitlines() if line.strip()] or ["没有输出"])[-1]
        raise ReleaseError(f"测时延失败：{last.strip()[:300]}")
    told = json.loads(run.stdout.splitlines()[-1])
    size = folder_size(model) + (folder_size(adapter) if adapter else 0)
    return Serving(told["p95_s"], told["memory_mb"], size / _MEGA)


def _serve(request: dict[str, Any]) -> dict[str, float]:
    from tools.local_model.loading import ModelSource, open_engine
    from tools.local_model.requests import GenerationOptions

    named = (("measured", request["adapter"]),) if request["adapter"] else ()
    options, seconds = GenerationOptions(max_tokens=request["most_tokens"], cache=False), list[float]()
    with open_engine(ModelSource(str(Path(request["model"]).resolve()), named, "measured" if named else "")) as engine:
        for prompt in [request["prompts"][0], *request["prompts"]]:
            began = time.perf_counter()
            engine.submit_messages([{"role": "user", "content": prompt}], options).result()
            seconds.append(time.perf_counter() - began)
    counted = sorted(seconds[1:])
    return {"p95_s": counted[ceil(0.95 * len(counted)) - 1], "memory_mb": _peak_mb()}


def _peak_mb() -> float:
    """The largest memory of this process so far. Where Linux tells it by itself: the system call counts the parent's before the start."""
    status = Path("/proc/self/status")
    if status.is_file():
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
        if found:
            return int(found[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (_MEGA if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_serve(json.load(sys.stdin))) + "\n")
