"""A panel of models without its looks: what is loaded, what loads, what could be."""

from __future__ import annotations

import functools
import platform
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.compute.create import EXECUTORS
from realm_jupyter.compute.devices import has_nvidia_driver
from realm_jupyter.compute.memory import memory_available
from realm_jupyter.errors import ConfigError, LoadCancelledError
from realm_jupyter.models.sources import resolve_source, shipped_names, shipped_path
from realm_jupyter.types import CancelToken, LoadProgress
from realm_jupyter.widget.channel import Channel
from realm_jupyter.widget.faults import error_info
from realm_jupyter.widget.fit import check_fit
from realm_jupyter.widget.folder_scan import scan_folder
from realm_jupyter.widget.progress import LoadMeter
from realm_jupyter.widget.uploads import CHUNK_BYTES, Uploads

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.types import ModelInfo
    from realm_jupyter.widget.messages import (
        DetailsResult,
        FilesResult,
        LoadResult,
        ModelRow,
        ModelsState,
        ReceivedResult,
        Shipped,
        UnloadResult,
        VerdictResult,
    )
    from realm_jupyter.widget.uploads import Upload

__all__ = ["ModelsSession"]


class _Job:
    """One load or upload under way."""

    def __init__(self, meter: LoadMeter, upload: Upload | None = None) -> None:
        self.meter = meter
        self.upload = upload
        self.cancel = CancelToken()
        self.is_loading = upload is None
        self.options: dict[str, str] = {}


class ModelsSession:
    """All that the panel knows; every method is safe from any thread.

    Parameters
    ----------
    source : Realm or RealmRegistry
        Whose models are shown.
    send : callable
        Puts a message to the views on the wire.
    """

    def __init__(self, source: Any, send: Callable[[dict[str, Any]], None]) -> None:
        self.source = source
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._uploads = Uploads()
        self._folder = str(Path.cwd())
        self._shown: Any = None
        self.channel = Channel("models", send, self._snapshot, self._lock)
        self.channel.handle(
            {
                "ping": self._ping,
                "load": self._load,
                "cancel_load": self._cancel_load,
                "dismiss_load": self._dismiss_load,
                "use": self._use,
                "details": self._details,
                "upload": self._upload,
            }
        )
        self.channel.handle(
            {"scan": self._scan, "check": self._check, "unload": self._unload}, slow=True
        )
        self.channel.handle({"upload_chunk": self._upload_chunk}, data=True)

    # -- requests: what is loaded ----------------------------------------------------

    def _use(self, model: str) -> None:
        self.source.use_model(model)
        self._emit_models()

    def _unload(self, model: str) -> UnloadResult:
        freed_bytes = self.source.unload_model(model)
        self._emit_models()
        return {"freed_bytes": freed_bytes}

    def _details(self, model: str) -> DetailsResult:
        metadata = self.source.model_info(model).metadata
        return {"metadata": {key: _shortened(value) for key, value in metadata.items()}}

    def _ping(self) -> dict[str, int]:
        """Say that the kernel is there; tell of models that came or went meanwhile."""
        with self._lock:
            if (self._rows(), self._shipped()) != self._shown:
                self._emit_models()
        return {"seq": self.channel.seq}

    # -- requests: what could be loaded ----------------------------------------------

    def _scan(self, folder: str) -> FilesResult:
        result = scan_folder(folder.strip() or self._folder)
        with self._lock:
            self._folder = result["folder"]
        return result

    def _check(self, source: str, device: str, executor: str) -> VerdictResult:
        return {"verdict": check_fit(source, device, executor)}

    # -- requests: loads -------------------------------------------------------------

    def _load(self, source: str, model: str | None, device: str, executor: str) -> LoadResult:
        job = _Job(LoadMeter(_label(source)))
        job.options = {"device": device, "executor": executor}
        with self._lock:
            self._jobs[job.meter.id] = job
            self._emit_load(job)
        self._start(job, source, model)
        return {"load": job.meter.id}

    def _cancel_load(self, load: str) -> None:
        job = self._find(load)
        job.cancel.cancel()
        with self._lock:
            if job.upload is not None and not job.is_loading:
                job.upload.drop()
                job.meter.end("cancelled")
                self._emit_load(job)

    def _dismiss_load(self, load: str) -> None:
        with self._lock:
            if self._find(load).meter.state == "running":
                raise ConfigError("this load is under way: cancel it first", field="load")
            del self._jobs[load]
            self.channel.event("load_gone", load=load)

    def _upload(self, filename: str, total_bytes: int, device: str, executor: str) -> LoadResult:
        upload = self._uploads.begin(filename, total_bytes)
        job = _Job(LoadMeter(upload.path.name, "upload", total_bytes), upload)
        job.options = {"device": device, "executor": executor}
        with self._lock:
            self._jobs[job.meter.id] = job
            self._emit_load(job)
        return {"load": job.meter.id}

    def _upload_chunk(self, load: str, offset_bytes: int, data: memoryview) -> ReceivedResult:
        job = self._find(load)
        upload = job.upload
        if upload is None or job.meter.state != "running":
            raise ConfigError("this upload has ended already", field="load", value=load)
        try:
            upload.write(offset_bytes, data)
        except Exception as error:
            upload.drop()
            with self._lock:
                job.meter.end("error", error=error_info(error))
                self._emit_load(job)
            raise
        progress = LoadProgress(
            job.meter.label, "upload", upload.received_bytes, upload.total_bytes
        )
        with self._lock:
            if job.meter.read(progress) or upload.is_complete:
                self._emit_load(job)
            is_due = upload.is_complete and not job.is_loading
            job.is_loading = job.is_loading or is_due
        if is_due:
            self._start(job, str(upload.path), None)
        return {"received_bytes": upload.received_bytes}

    # -- loading, on a thread of its own ----------------------------------------------

    def _start(self, job: _Job, source: str, model: str | None) -> None:
        threading.Thread(
            target=self._run, args=(job, source, model), name="realm-widget-load", daemon=True
        ).start()

    def _run(self, job: _Job, source: str, model: str | None) -> None:
        def on_progress(progress: LoadProgress) -> None:
            with self._lock:
                if job.meter.read(progress):
                    self._emit_load(job)

        try:
            info = self._load_model(
                source, model, on_progress=on_progress, cancel=job.cancel, **job.options
            )
        except LoadCancelledError:
            self._end(job, "cancelled")
        except Exception as error:  # noqa: BLE001 - shown beside the load
            self._end(job, "error", error=error_info(error))
        else:
            self._end(job, "done", model=info.id)

    def _load_model(self, source: str, model: str | None, **options: Any) -> ModelInfo:
        info: ModelInfo
        if hasattr(self.source, "realm"):  # a registry: any tenant of it loads for all
            with self.source.realm() as tenant:
                info = tenant.load_model(source, model or None, **options)
        else:
            info = self.source.load_model(source, model or None, **options)
        return info

    def _end(self, job: _Job, state: Any, **outcome: Any) -> None:
        if job.upload is not None and state != "done":
            job.upload.drop()
        with self._lock:
            job.meter.end(state, **outcome)
            self._emit_load(job)
            self._emit_models()

    # -- inside ----------------------------------------------------------------------

    def _find(self, load: str) -> _Job:
        with self._lock:
            if load not in self._jobs:
                raise ConfigError("this load is not there any more", field="load", value=load)
            return self._jobs[load]

    def _emit_load(self, job: _Job) -> None:
        self.channel.event("load", load=job.meter.as_load())

    def _emit_models(self) -> None:
        with self._lock:
            models, shipped = self._shown = (self._rows(), self._shipped())
            self.channel.event(
                "models", models=models, shipped=shipped, available_bytes=memory_available()
            )

    def _rows(self) -> list[ModelRow]:
        return [_row(info) for info in self.source.models()]

    def _shipped(self) -> list[Shipped]:
        paths = {info.path for info in self.source.models()}
        return [
            {
                "name": name,
                "file_bytes": shipped_path(name).stat().st_size,
                "is_loaded": str(resolve_source(name)) in paths,
            }
            for name in shipped_names()
        ]

    def _snapshot(self) -> ModelsState:
        models, shipped = self._shown = (self._rows(), self._shipped())
        return {
            "models": models,
            "shipped": shipped,
            "loads": [job.meter.as_load() for job in self._jobs.values()],
            "folder": self._folder,
            "devices": list(_devices()),
            "executors": list(EXECUTORS),
            "available_bytes": memory_available(),
            "chunk_bytes": CHUNK_BYTES,
        }


_MAX_VALUE_LENGTH = 500


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _MAX_VALUE_LENGTH:
        return value[: _MAX_VALUE_LENGTH - 1] + "…"
    # JavaScript's numbers end at 53 bits.
    return str(value) if isinstance(value, int) and abs(value) >= 1 << 53 else value


def _label(source: str) -> str:
    return source if source in shipped_names() else Path(source).name or source


def _row(info: ModelInfo) -> ModelRow:
    return {
        "id": info.id,
        "name": info.name,
        "path": info.path,
        "architecture": info.architecture,
        "quant_type": info.quant_type,
        "num_parameters": info.num_parameters,
        "num_layers": info.num_layers,
        "vocab_size": info.vocab_size,
        "context_length": info.context_length,
        "file_bytes": info.file_bytes,
        "memory_bytes": info.memory_bytes,
        "device": info.device,
        "executor": info.executor,
        "num_tenants": info.num_tenants,
        "has_chat_template": info.has_chat_template,
        "is_current": info.is_current,
    }


@functools.cache
def _devices() -> tuple[str, ...]:
    """Return devices to choose from; nothing heavy is imported to find out."""
    found = ["auto", "cpu"]
    if has_nvidia_driver():
        found.append("cuda")
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        found.append("mps")
    return tuple(found)
