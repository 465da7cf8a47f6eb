"""The build of a training set: shards in a process pool, duplicates and leaks taken out, split 8:1:1 by group, files and a manifest.

    out/train.jsonl validation.jsonl test.jsonl heldout.jsonl rejects.jsonl manifest.json certificate.json certificate.md
        data_card.md
    out/shards/     what an interrupted run finished; kept until the build is whole, then removed

Deterministic by seed, whatever the number of workers. A second run after a kill makes only the shards that are missing.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

from data.errors import TrainingError
from finetune.rows.certificate import Certificate, Count
from finetune.rows.configuration import FOLDER
from finetune.rows.contamination import TESTS, Guard, Test
from finetune.rows.dedup import NearIndex
from finetune.rows.record import RENDERINGS, Kind, Row, Split
from finetune.rows.shards import Shard, ShardReport, made_before, make_shard, shard_files, shard_seed
from finetune.rows.split import SPLITS, balanced
from finetune.rows.text_keys import canonical, digest, row_digest, row_text

SHARES: Mapping[Kind, int] = {"qa": 100, "calculation": 50, "method": 20}
FULL_SIZE = 170_000
SIZES: Mapping[str, int] = {"tiny": 170, "small": 3_400, "medium": 34_000, "full": FULL_SIZE}
Progress = Callable[[str, int, int], None]
# What is made beyond what is wanted, for duplicates and leaks to be taken from; and how much of it must be left before those are looked for.
_SPARE, _ENOUGH = 1.04, 1.015
_MOST_ROUNDS = 6
_FORM = "caizhi-rows/1"
_ID = re.compile(r'"meta": \{"id": "([^"]+)"')


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What to build. size: rows in all, shared 100:50:20 over qa, calculation and method. narration: rows of that kind on top.

    rendering: one of the four or "mixed". held_out: rows of the held-out set, beside the size. most_rejects: the share of rejected
    rows past which the build stops. shard: rows in one shard. workers: processes; 1 stays in this one.

    Raises:
        TrainingError: no such rendering, or a number that makes no sense.
    """

    size: int = FULL_SIZE
    narration: int = 0
    seed: int = 1
    rendering: str = "mixed"
    workers: int = 2
    held_out: int | None = None
    most_rejects: float = 0.01
    shard: int = 2_000

    def __post_init__(self) -> None:
        if self.rendering not in (*RENDERINGS, "mixed"):
            raise TrainingError(f"没有这种写法：{self.rendering}；可用：{'、'.join(RENDERINGS)}、mixed")
        if self.size < 1 or self.workers < 1 or self.shard < 1 or self.narration < 0 or not 0 <= self.most_rejects <= 1:
            raise TrainingError("行数、进程数、分片大小应为正数，拒绝率在 0 与 1 之间")

    @property
    def counts(self) -> dict[Kind, int]:
        """Rows by kind; the rest of a division goes to qa."""
        total = sum(SHARES.values())
        parts: dict[Kind, int] = {kind: self.size * share // total for kind, share in SHARES.items()}
        parts["qa"] += self.size - sum(parts.values())
        return parts | ({"narration": self.narration} if self.narration else {})

    @property
    def held_rows(self) -> int:
        """Rows of the held-out set: two in a hundred, at least 40, unless told."""
        return max(40, self.size // 50) if self.held_out is None else self.held_out

    def fingerprint(self) -> str:
        """A hash of everything that decides what a shard holds: the options, the wordings and the code's version of the rows."""
        plain = {key: value for key, value in asdict(self).items() if key not in ("workers", "most_rejects")}
        words = [path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))]
        return sha256(b"\n".join([json.dumps(plain, sort_keys=True).encode(), _FORM.encode(), *words])).hexdigest()[:32]


@dataclass(slots=True)
class BuildReport:
    """What was built: rows by split, by kind, family, slice and rendering; what was left out and why; hashes; seconds."""

    rows: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    slices: Counter[str] = field(default_factory=Counter)
    renderings: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    made: int = 0
    exact_duplicates: int = 0
    near_duplicates: int = 0
    contaminated: int = 0
    certificate: str = ""
    evaluation_rows: int = 0
    seconds: float = 0.0
    hashes: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the manifest."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        plain = {key: dict(sorted(value.items())) if isinstance(value, Counter) else value for key, value in values.items()}
        return {"form": _FORM, **plain, "seconds": round(self.seconds, 1), "rows_per_second": round(self.made / self.seconds) if self.seconds else 0}


def build(out: Path, options: BuildOptions, progress: Progress = lambda *_: None, clock: Callable[[], float] = time.monotonic) -> BuildReport:
    """Build into a folder. progress: (stage, done, of); stages are 生成, 去重, 查重叠, 写入.

    Raises:
        TrainingError: the folder holds the shards of another build, or too many rows were rejected; both say what to do.
    """
    started = clock()
    shards_folder = _opened(out, options)
    report = BuildReport(fingerprint=options.fingerprint())
    held = _plan(options, "heldout", {kind: _share(options.held_rows, options, kind) for kind in options.counts}, held=True)
    _make(shards_folder, held, options, report, progress)
    pool = _Pool(report)
    wanted, shards = options.counts, list[Shard]()
    for _ in range(_MOST_ROUNDS):
        short = {kind: int(count * _SPARE) + 8 - pool.kept[kind] for kind, count in wanted.items() if pool.kept[kind] < count * _ENOUGH}
        if not short:
            break
        more = _plan(options, "shard", short, first=len(shards))
        _make(shards_folder, more, options, report, progress)
        shards += more
        pool.take(_rows_of(shards_folder, more), progress, sum(wanted.values()))
    if missing := {kind: count - pool.kept[kind] for kind, count in wanted.items() if pool.kept[kind] < count}:
        raise TrainingError(f"去重后行数不足：{'、'.join(f'{kind} 缺 {count}' for kind, count in missing.items())}；换一个 seed 或减小 size")
    _write(out, shards_folder, shards, held, pool, wanted, report, progress)
    report.seconds = clock() - started
    manifest = {**report.to_dict(), "options": asdict(options)}
    (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    rmtree(shards_folder)
    return report


def _opened(out: Path, options: BuildOptions) -> Path:
    """The folder of shards, of this very build."""
    folder = out / "shards"
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "plan.txt"
    if mark.exists() and mark.read_text(encoding="utf-8") != options.fingerprint():
        raise TrainingError(f"{out} 里有另一组参数或句式的半成品（shards/），请换一个目录，或删除它后重来")
    mark.write_text(options.fingerprint(), encoding="utf-8")
    return folder


def _share(total: int, options: BuildOptions, kind: Kind) -> int:
    return max(1, total * options.counts[kind] // sum(options.counts.values()))


def _plan(options: BuildOptions, name: str, counts: Mapping[Kind, int], *, first: int = 0, held: bool = False) -> list[Shard]:
    """Shards of about the wanted size, each with its part of every kind."""
    number = max(1, -(-sum(counts.values()) // options.shard))
    plan = []
    for index in range(number):
        part = {kind: count * (index + 1) // number - count * index // number for kind, count in counts.items()}
        plan.append(Shard(first + index, name, shard_seed(options.seed, name, first + index), part, options.rendering, held))
    return plan


def _make(folder: Path, shards: Sequence[Shard], options: BuildOptions, report: BuildReport, progress: Progress) -> None:
    """Make the shards that are missing, in this process or in a pool; stop past the threshold of rejects."""
    total, made = sum(shard.rows for shard in shards), 0
    for done in _reports(folder, shards, options.workers):
        made += done.rows + sum(done.rejects.values())
        report.rejects.update(done.rejects)
        progress("生成", min(made, total), total)
        rejected = sum(report.rejects.values())
        report.made += done.rows
        if rejected > 10 and rejected > options.most_rejects * (report.made + rejected):
            reasons = "、".join(f"{code} {count}" for code, count in report.rejects.most_common(5))
            share = rejected / (report.made + rejected)
            raise TrainingError(f"被拒绝的行太多（{rejected} 行，占 {share:.1%}）：{reasons}；见 {folder}/rejects-*.jsonl")


def _reports(folder: Path, shards: Sequence[Shard], workers: int) -> Iterator[ShardReport]:
    todo: list[Shard] = []
    for shard in shards:
        if (done := made_before(folder, shard)) is not None:
            yield done
        else:
            todo.append(shard)
    if workers == 1 or len(todo) < 2:
        yield from (make_shard(folder, shard) for shard in todo)
        return
    import multiprocessing

    with ProcessPoolExecutor(min(workers, len(todo)), mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: set[Future[ShardReport]] = {pool.submit(make_shard, folder, shard) for shard in todo}
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


class _Pool:
    """The rows that stay: neither exact nor near duplicates, counted by kind, with the group of each."""

    def __init__(self, report: BuildReport) -> None:
        self._report = report
        self._seen: set[str] = set()
        self._near = NearIndex()
        self.kept: Counter[str] = Counter()
        self.groups: dict[str, tuple[str, str]] = {}

    def take(self, rows: Iterable[Row], progress: Progress, total: int) -> None:
        """Take in the rows that are not there yet."""
        for row in rows:
            text = row_text(row)
            key = digest(canonical(text))
            if key in self._seen:
                self._report.exact_duplicates += 1
                continue
            self._seen.add(key)
            if self._near.find(text) is not None:
                self._report.near_duplicates += 1
                continue
            self._near.add(row.id, text)
            self.kept[row.meta["kind"]] += 1
            self.groups[row.id] = (row.meta["group"], row.meta["kind"])
            if not len(self.groups) % 1000:
                progress("去重", min(len(self.groups), total), total)


def _rows_of(folder: Path, shards: Iterable[Shard], wanted: Callable[[str], bool] = lambda _: True) -> Iterator[Row]:
    """The rows of shards whose ids are wanted; the others are not even parsed."""
    for shard in shards:
        with shard_files(folder, shard)[0].open(encoding="utf-8") as lines:
            yield from (Row.of_dict(json.loads(line)) for line in lines if (found := _ID.search(line)) is None or wanted(found[1]))


def _write(
    out: Path, folder: Path, shards: Sequence[Shard], held: Sequence[Shard], pool: _Pool, wanted: Mapping[Kind, int], report: BuildReport,
    progress: Progress,
) -> None:
    """Split, screen the training rows against test and held-out rows, write every file."""
    chosen, spare = _chosen(pool, wanted)
    sides: Mapping[str, Split] = balanced(pool.groups[key] for key in chosen).sides
    tested = {key for key in chosen if sides[pool.groups[key][0]] == "test"}
    held_rows = _unique(_rows_of(folder, held))
    guard = Guard([*(_with_split(row, "test") for row in _rows_of(folder, shards, tested.__contains__)), *held_rows])
    proof = _Proof(guard)
    left: Counter[str] = Counter()
    files = {split: _Lines(out / f"{split}.jsonl") for split in (*SPLITS, "heldout")}
    for number, row in enumerate(_rows_of(folder, shards, (chosen | spare).__contains__), start=1):
        split = sides.get(row.meta["group"], "train")
        extra, kind = row.id in spare, row.meta["kind"]
        if extra and (split != "train" or left[kind] <= 0):
            continue
        placed = _with_split(row, split)
        if split == "train" and not proof.admits(placed):
            report.contaminated += 1
            left[kind] += 0 if extra else 1
            continue
        left[kind] -= 1 if extra else 0
        _put(files[split], placed, report, split)
        if not number % 500:
            progress("查重叠与写入", min(number, len(chosen)), len(chosen))
    for row in held_rows:
        _put(files["heldout"], row, report, "heldout")
    report.hashes = {split: lines.close() for split, lines in files.items()}
    _gather_rejects(out, folder)
    certified = proof.certificate("test + heldout")
    certified.write(out)
    report.certificate, report.evaluation_rows = certified.verdict, certified.evaluation_rows
    _write_card(out, certified, report)


class _Proof:
    """Screens training rows one by one, and certifies those that were admitted: what `contamination.certificate` would say of them."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._digests: list[str] = []
        self._trained: dict[Test, int] = dict.fromkeys(TESTS, 0)
        self._touched: dict[Test, set[str]] = {test: set() for test in TESTS}

    def admits(self, row: Row) -> bool:
        """Whether no blocking test finds an evaluation row in it."""
        found = self._guard.findings(row)
        if self._guard.blocks(found):
            return False
        self._digests.append(row_digest(row))
        for test in {finding.test for finding in found}:
            self._trained[test] += 1
        for finding in found:
            self._touched[finding.test].add(finding.evaluation)
        return True

    def certificate(self, name: str) -> Certificate:
        """The certificate of the admitted rows."""
        policy = self._guard.policy
        return Certificate(
            name=name, train_rows=len(self._digests), evaluation_rows=self._guard.size, train_digest=digest(*self._digests),
            evaluation_digest=self._guard.digest, blocking=policy.blocking,
            thresholds={"near_jaccard": policy.near, "ngram_size": policy.ngram, "ngram_containment": policy.containment},
            counts={test: Count(self._trained[test], len(self._touched[test])) for test in TESTS},
        )


def _write_card(out: Path, proof: Certificate, report: BuildReport) -> None:
    """data_card.md over train, validation and test."""
    from finetune.rows.data_card import data_card, write_card
    from finetune.rows.split import split_report
    from finetune.rows.stats import stats_of

    def rows() -> Iterator[Row]:
        return (row for split in SPLITS for row in _lines(out / f"{split}.jsonl"))

    made = "`python -m app train data build`：由指标公式、生成的银行账簿与句式表逐条生成，逐条重算核对后写入；按银行、年份、句式分组切分。"
    text = data_card(
        stats_of(rows()), name="caizhi-rows", made=made, rejects=report.rejects,
        files={f"{split}.jsonl": value for split, value in report.hashes.items()},
        duplicates={"exact": report.exact_duplicates, "near": report.near_duplicates, "contaminated": report.contaminated},
        split=split_report(rows()), certificates=[proof],
    )
    write_card(out / "data_card.md", text)


def _chosen(pool: _Pool, wanted: Mapping[Kind, int]) -> tuple[set[str], set[str]]:
    """The ids of the first rows of every kind up to what is wanted, and those of the rest."""
    left: Counter[str] = Counter({str(kind): count for kind, count in wanted.items()})
    chosen, spare = set[str](), set[str]()
    for key, (_, kind) in pool.groups.items():
        (chosen if left[kind] > 0 else spare).add(key)
        left[kind] -= 1
    return chosen, spare


def _unique(rows: Iterable[Row]) -> list[Row]:
    seen: dict[str, Row] = {}
    for row in rows:
        seen.setdefault(digest(canonical(row_text(row))), _with_split(row, "test"))
    return list(seen.values())


def _with_split(row: Row, split: str) -> Row:
    return Row(row.messages, {**row.meta, "split": split}, row.tools)


def _put(lines: _Lines, row: Row, report: BuildReport, split: str) -> None:
    lines.write(json.dumps(row.to_dict(), ensure_ascii=False))
    report.rows[split] += 1
    if split != "heldout":
        report.kinds[row.meta["kind"]] += 1
        report.families[row.meta["family"]] += 1
        report.renderings[row.meta["rendering"]] += 1
    else:
        report.slices[row.meta["slice"]] += 1


class _Lines:
    """A file of lines that knows its hash; whole under its own name only when it is closed."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_suffix(".part")
        self._file = self._part.open("w", encoding="utf-8")
        self._hash = sha256()

    def write(self, line: str) -> None:
        """Write one line."""
        self._file.write(line + "\n")
        self._hash.update(line.encode() + b"\n")

    def close(self) -> str:
        """Finish the file; its SHA-256."""
        self._file.close()
        self._part.replace(self._path)
        return self._hash.hexdigest()


def _lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        yield from (Row.of_dict(json.loads(line)) for line in lines)


def _gather_rejects(out: Path, folder: Path) -> None:
    with (out / "rejects.jsonl").open("w", encoding="utf-8") as gathered:
        for path in sorted(folder.glob("rejects-*.jsonl")):
            gathered.write(path.read_text(encoding="utf-8"))
