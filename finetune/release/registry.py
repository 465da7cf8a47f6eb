"""The registry of model versions on MLflow: a SQLite file and a folder of files, both local; nothing is reported anywhere.

One registered model a name; MLflow's own running number is kept out of sight behind the semantic version, which is a tag. The
champion is what is served, the challenger what is tried against it. Every change of an alias is an event that stays, so that a
rollback knows where to and a reader sees who was champion when, and why.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReleaseError
from finetune.release.folders import file_hashes, folder_size
from finetune.release.release_record import Event, EventKind, Notes, Release
from finetune.release.versions import DEFAULT_NAME, Reference, Version, checked_alias, checked_name, full_name, is_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

    from finetune.release.gate import GateReport

CHAMPION, CHALLENGER = "champion", "challenger"
NOTES = "release.json"
_RELEASES, _FILES = "releases", "model"
_SEMVER, _EVENT = "semver", "event."
_MOST_TAG = 4000


def _now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """The versions under one folder. Opening costs a few seconds the first time (MLflow makes its tables)."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = _now) -> None:
        self._folder, self._clock = folder, clock
        self._open: MlflowClient | None = None

    def register(self, source: Path, version: str, name: str = DEFAULT_NAME, notes: Notes | None = None) -> Release:
        """Copy a folder (adapter or model) into the store as a new version.

        Raises:
            ReleaseError: the name or version is malformed, the version is there already or not above the latest one, or the folder
                holds no files.
        """
        number, name = Version.of(version), checked_name(name)
        files = file_hashes(source) if source.is_dir() else {}
        if not files:
            raise ReleaseError(f"{source} 不是目录，或里面没有文件，不能登记")
        self._check_order(name, number)
        release = Release(name, number, notes or Notes(), files, folder_size(source), self._clock().isoformat(timespec="microseconds"), source)
        written = release.to_json()
        with _as_release_errors(f"{release.full_name} 没有登记上"):
            self._store(release, written)
        self._note(name, Event(release.registered, "register", "", str(number), reason=release.notes.text))
        return self.get(str(number), name)

    def releases(self, name: str = "") -> list[Release]:
        """All versions of a model, or of all models, the oldest first."""
        names = [checked_name(name)] if name else sorted(each.name for each in self._client.search_registered_models() if is_name(each.name))
        found = [self._release(each, held) for each in names for held in self._versions(each)]
        return sorted(found, key=lambda release: (release.name, release.version))

    def get(self, reference: str, name: str = DEFAULT_NAME) -> Release:
        """The version that a text names: `1.0.0`, `champion`, `financial_llm_lora_v1.0.0`, `financial_llm_lora@champion`.

        Raises:
            ReleaseError: the text is malformed, or there is no such version.
        """
        wanted = Reference.of(reference, name)
        for held in self._versions(wanted.name):
            if (str(wanted.version) == held.tags[_SEMVER]) if wanted.version else (wanted.alias in held.aliases):
                return self._release(wanted.name, held)
        known = "、".join(str(release.version) for release in self.releases(wanted.name)) or "还没有任何版本"
        what = str(wanted.version) if wanted.version else f"别名 {wanted.alias} 指向的版本"
        raise ReleaseError(f"模型 {wanted.name} 没有 {what}（已登记：{known}）")

    def aliased(self, alias: str, name: str = DEFAULT_NAME) -> Release | None:
        """The version that an alias points to, None where it points nowhere."""
        return next((self._release(name, held) for held in self._versions(name) if alias in held.aliases), None)

    def set_alias(self, alias: str, reference: str, name: str = DEFAULT_NAME, reason: str = "") -> Release:
        """Point an alias at a version. The champion is moved by `promote` and `rollback` alone.

        Raises:
            ReleaseError: it is the champion's alias, or the version is not there.
        """
        if checked_alias(alias) == CHAMPION:
            raise ReleaseError("champion 只由 models promote 和 models rollback 移动")
        return self._move("alias", alias, self.get(reference, name), reason)

    def promote(self, reference: str, gate: GateReport, name: str = DEFAULT_NAME, *, force: bool = False, reason: str = "") -> Release:
        """Make a version the champion. The former one stays registered and is where `rollback` goes.

        Raises:
            ReleaseError: the gate failed and `force` is not given, or it is given without a reason, or the gate is of another
                version, or the version is the champion already.
        """
        release = self.get(reference, name)
        if gate.candidate != release.full_name:
            raise ReleaseError(f"关口报告是 {gate.candidate} 的，不是 {release.full_name} 的")
        if CHAMPION in release.aliases:
            raise ReleaseError(f"{release.full_name} 已经是 champion")
        if not gate.passed and not force:
            raise ReleaseError(f"{release.full_name} 没有通过上线关口：{'；'.join(gate.reasons)}（确需上线请加 --force 和 --reason）")
        if force and not reason.strip():
            raise ReleaseError("--force 必须写明理由（--reason），它会记入历史")
        promoted = self._move("promote", CHAMPION, release, reason, forced=not gate.passed, gate_reasons=gate.reasons)
        if CHALLENGER in release.aliases:
            with _as_release_errors("别名 challenger 没有移除"):
                self._client.delete_registered_model_alias(release.name, CHALLENGER)
            return self.get(str(release.version), release.name)
        return promoted

    def rollback(self, name: str = DEFAULT_NAME, reason: str = "") -> Release:
        """Make the champion before this one the champion again; a second rollback goes one further back.

        Raises:
            ReleaseError: there is no earlier champion.
        """
        before = self._champions(checked_name(name))[:-1]
        if not before:
            raise ReleaseError(f"模型 {name} 没有更早的 champion，无处可回")
        return self._move("rollback", CHAMPION, self.get(before[-1], name), reason)

    def history(self, name: str = DEFAULT_NAME) -> list[Event]:
        """Every event of a model, the oldest first."""
        tags = self._tags(checked_name(name))
        return [Event(**json.loads(tags[key])) for key in sorted(tags) if key.startswith(_EVENT)]

    def download(self, reference: str, out: Path, name: str = DEFAULT_NAME) -> Path:
        """Copy a version's files to a folder, and check them against the hashes taken at registration; the folder.

        Raises:
            ReleaseError: there is no such version, the folder is not empty, or a file is missing or changed.
        """
        release = self.get(reference, name)
        if out.exists() and any(out.iterdir()):
            raise ReleaseError(f"{out} 不是空目录")
        self.verify(release)
        shutil.copytree(release.folder, out, dirs_exist_ok=True)
        return out

    def verify(self, release: Release) -> None:
        """Check a version's files in the store against the hashes taken at registration.

        Raises:
            ReleaseError: a file is missing, changed, or not of the version.
        """
        found = file_hashes(release.folder)
        wrong = sorted(path for path in {*found, *release.files} if found.get(path) != release.files.get(path))
        if wrong:
            raise ReleaseError(f"{release.full_name} 的文件与登记时不同：{'、'.join(wrong[:3])}")

    @property
    def _client(self) -> MlflowClient:
        if self._open is None:
            os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
            os.environ.setdefault("DO_NOT_TRACK", "true")
            for chatty in ("mlflow.store.db.utils", "alembic"):
                logging.getLogger(chatty).setLevel(logging.WARNING)
            with _as_release_errors(f"登记库 {self._folder} 打不开"):
                from mlflow.tracking import MlflowClient

                from finetune.training.tracking import store_uri

                uri = store_uri(self._folder)
                client = MlflowClient(uri, uri)
                client.search_registered_models(max_results=1)
            self._open = client
        return self._open

    def _check_order(self, name: str, number: Version) -> None:
        held = [release.version for release in self.releases(name)]
        if number in held:
            raise ReleaseError(f"{full_name(name, number)} 已经登记过；版本一经登记不再改动，请用新的版本号")
        if held and number < max(held):
            raise ReleaseError(f"版本 {number} 低于已登记的最新版本 {max(held)}；版本号只能递增")

    def _store(self, release: Release, written: str) -> None:
        """Log the files as a run, then make the version of it; the version is what makes them visible."""
        client, notes = self._client, release.notes
        run = client.create_run(self._experiment(), run_name=release.full_name, tags={"kind": "release"}).info
        for key, value in notes.parameters.items():
            client.log_param(run.run_id, key, str(value)[:500])
        for key, value in notes.metrics.items():
            client.log_metric(run.run_id, key, float(value))
        client.log_artifacts(run.run_id, str(release.folder), _FILES)
        client.log_text(run.run_id, written, NOTES)
        client.set_terminated(run.run_id)
        if release.name not in {each.name for each in client.search_registered_models()}:
            client.create_registered_model(release.name)
        tags = {_SEMVER: str(release.version)}
        client.create_model_version(release.name, f"runs:/{run.run_id}/{_FILES}", run.run_id, tags=tags, description=notes.text[:_MOST_TAG] or None)

    def _experiment(self) -> str:
        """The experiment whose files lie under this folder: MLflow keeps absolute addresses, and a folder may have been moved."""
        place = (self._folder / _RELEASES).resolve().as_uri()
        for name in (_RELEASES, f"{_RELEASES}-{sha256(place.encode()).hexdigest()[:8]}"):
            known = self._client.get_experiment_by_name(name)
            if known is None:
                return str(self._client.create_experiment(name, artifact_location=place))
            if known.artifact_location == place:
                return str(known.experiment_id)
        raise ReleaseError(f"登记库 {self._folder} 的实验记录与目录不符")

    def _versions(self, name: str) -> Sequence[ModelVersion]:
        with _as_release_errors("登记库读不出来"):
            found = self._client.search_model_versions(f"name='{checked_name(name)}'", max_results=10_000)
            # A search leaves the aliases out in some stores; the version itself always has them.
            return [self._client.get_model_version(name, each.version) for each in found if _SEMVER in each.tags]

    def _release(self, name: str, held: ModelVersion) -> Release:
        root = self._folder.resolve() / _RELEASES / str(held.run_id) / "artifacts"
        try:
            text = (root / NOTES).read_text(encoding="utf-8")
        except OSError as error:
            raise ReleaseError(f"{name} v{held.tags[_SEMVER]} 的登记记录缺失：{error}") from error
        return Release.of_json(text, root / _FILES, held.aliases)

    def _move(
        self, kind: EventKind, alias: str, release: Release, reason: str, *, forced: bool = False, gate_reasons: Sequence[str] = ()
    ) -> Release:
        self.verify(release)
        before = self.aliased(alias, release.name)
        number = next(held.version for held in self._versions(release.name) if held.tags[_SEMVER] == str(release.version))
        # The event first: a crash between the two leaves a word too many, never a change that nobody wrote down.
        previous, at = str(before.version) if before else "", self._clock().isoformat(timespec="microseconds")
        self._note(release.name, Event(at, kind, alias, str(release.version), previous, reason, forced, tuple(gate_reasons)))
        with _as_release_errors(f"别名 {alias} 没有移动"):
            self._client.set_registered_model_alias(release.name, alias, number)
        return self.get(str(release.version), release.name)

    def _champions(self, name: str) -> list[str]:
        """The champions that a rollback can return to, the present one last."""
        stack: list[str] = []
        for event in self.history(name):
            if event.kind == "promote":
                stack.append(event.version)
            elif event.kind == "rollback" and stack:
                stack.pop()
        return stack

    def _note(self, name: str, event: Event) -> None:
        """Append to the history; the time in the key keeps two writers apart."""
        events = [tag for tag in self._tags(name) if tag.startswith(_EVENT)]
        with _as_release_errors("历史没有写上"):
            self._client.set_registered_model_tag(name, f"{_EVENT}{len(events):06d}.{event.at[:26]}", event.to_json())

    def _tags(self, name: str) -> Mapping[str, str]:
        with _as_release_errors("登记库读不出来"):
            found = self._client.search_registered_models(f"name='{name}'")
            return dict(found[0].tags) if found else {}


@contextmanager
def _as_release_errors(what: str) -> Iterator[None]:
    """MLflow's and the database's errors as one of ours; their deprecation notes are between the two of them."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise ReleaseError(f"{what}：{(str(error).splitlines() or [''])[0][:300]}") from error
