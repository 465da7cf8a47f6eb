"""Runs in MLflow: a SQLite file and a folder of artifacts, both local. Imported only when a run is tracked."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import Any

from data.errors import TrainingError

EXPERIMENT = "caizhi"


def store_uri(folder: Path) -> str:
    """The address of the MLflow store under a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(folder / 'mlflow.db').resolve()}"


def track(record: dict[str, Any], out: Path, folder: Path) -> str:
    """Log one run record, with its curves, and give the run's id.

    Raises:
        TrainingError: MLflow cannot write there; what was trained and its record are safe.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    for chatty in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own imports use deprecated names of its dependencies.
        from mlflow.exceptions import MlflowException

        try:
            return _logged(record, out, folder)
        except (MlflowException, OSError) as error:
            raise TrainingError(f"{out} 已写好，但没能记入 MLflow（{folder}）：{str(error).splitlines()[0]}") from error


def _logged(record: dict[str, Any], out: Path, folder: Path) -> str:
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.tracking import MlflowClient

    client = MlflowClient(store_uri(folder), store_uri(folder))
    known = client.get_experiment_by_name(EXPERIMENT)
    experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT, artifact_location=(folder / "artifacts").resolve().as_uri())
    run = client.create_run(experiment, run_name=f"{record['kind']}-{out.name}", tags={"kind": record["kind"]})
    parameters = [Param(name, str(value)[:500]) for name, value in {**record["config"], "data_sha256": record["data"].get("sha256", "")}.items()]
    numbers = {name: value for name, value in record["metrics"].items() if isinstance(value, int | float) and not isinstance(value, bool)}
    now = client.get_run(run.info.run_id).info.start_time
    metrics = [Metric(_named(name), float(value), now, 0) for name, value in {**numbers, "seconds": record["seconds"]}.items()]
    metrics += [
        Metric(_named(name), float(value), now, int(point["step"])) for point in record["curve"] for name, value in point.items() if name != "step"
    ]
    tags = [RunTag(name, str(record.get(name, ""))[:500]) for name in ("command", "status", "error", "template_sha256") if record.get(name)]
    for at in range(0, max(len(metrics), 1), 1000):
        client.log_batch(run.info.run_id, metrics=metrics[at : at + 1000], params=parameters if at == 0 else (), tags=tags if at == 0 else ())
    client.log_dict(run.info.run_id, record, "run_record.json")
    client.set_terminated(run.info.run_id, "FINISHED" if record["status"] == "finished" else "FAILED")
    return str(run.info.run_id)


def _named(name: str) -> str:
    """A metric's name as MLflow allows it."""
    return "".join(character if character.isalnum() or character in "_-./ " else "_" for character in name)
