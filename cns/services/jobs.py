"""Background work: one-off jobs that a request started, and one run of a scheduled one."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from time import perf_counter
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from cns.bus import Unsubscribe
from cns.errors import MiraError, Unavailable
from cns.ports import Clock, Job, JobRecord, JobStore, LastRun
from cns.problems import INTERNAL, as_json, problem

logger = logging.getLogger(__name__)

Listener = Callable[[JobRecord], None]
Progress = Callable[[int, int], None]
Work = Callable[[Progress], Mapping[str, object]]
WORKERS = 2


@dataclass(slots=True)
class _Live:
    record: JobRecord
    listeners: list[Listener] = field(default_factory=list)


class JobRunner:
    """Runs work in threads of its own and keeps its state in the store."""

    def __init__(self, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="job")
        self._live: dict[UUID, _Live] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, name: str, work: Work, job_id: UUID | None = None) -> UUID:
        """Queue the work, as the job of that id when it goes on; its id to ask after."""
        record = JobRecord(id=job_id or uuid4(), name=name, created_at=self._clock.now())
        self._store.save(record)
        with self._lock:
            self._live[record.id] = _Live(record)
        self._pool.submit(self.attempt, name, lambda _: self._carry_out(record, work), _unheard)
        return record.id

    def get(self, job_id: UUID) -> JobRecord:
        """The job as it stands.

        Raises:
            NotFound: there is none of that id.
        """
        with self._lock:
            live = self._live.get(job_id)
        return live.record if live else self._store.load(job_id)

    def watch(self, job_id: UUID, listener: Listener) -> Unsubscribe:
        """Tell the listener the present state at once, then every change, from any thread."""
        with self._lock:
            live = self._live.get(job_id)
            if live is not None:
                live.listeners.append(listener)
                listener(live.record)
        if live is None:
            listener(self._store.load(job_id))
            return lambda: None
        return lambda: self._leave(live, listener)

    def run_scheduled(self, job: Job) -> LastRun:
        """One run of a scheduled job, its outcome noted whatever happens."""
        return self._noted(job)[0]

    def run_noted(self, job: Job) -> Mapping[str, object]:
        """One run of a scheduled job that someone asked for: what came of it.

        Raises:
            Unavailable: it failed; says why. The outcome is noted all the same.
        """
        _, result, failure = self._noted(job)
        if failure is not None:
            raise Unavailable(str(failure["detail"]), code=str(failure["code"]))
        return result

    def _noted(self, job: Job) -> tuple[LastRun, Mapping[str, object], Mapping[str, object] | None]:
        at, begun = self._clock.now(), perf_counter()
        result, failure = self.attempt(job.name, lambda _: job.run(), _unheard)
        run = LastRun(
            name=job.name,
            at=at,
            seconds=perf_counter() - begun,
            outcome="failed" if failure else "done",
            detail=str(failure["detail"]) if failure else str(dict(result)),
        )
        self._store.note_run(run)
        return run, result, failure

    def attempt(
        self, name: str, work: Work, progress: Progress
    ) -> tuple[Mapping[str, object], Mapping[str, object] | None]:
        """The work's result, or the problem that it ended in; its mistakes stop here."""
        try:
            return work(progress), None
        except MiraError as error:
            logger.warning(
                "job failed",
                extra={"action": "job_failed", "job": name, "detail": error.detail},
            )
            return {}, as_json(problem(error))
        except Exception:  # a job's mistake is its own: the runner and the other jobs go on
            logger.exception("job broke", extra={"action": "job_broke", "job": name})
            return {}, as_json(INTERNAL)

    def _carry_out(self, record: JobRecord, work: Work) -> Mapping[str, object]:
        record = replace(record, state="running")

        def begun(progress: Progress) -> Mapping[str, object]:
            self._show(record)
            return work(progress)

        def progress(done: int, total: int) -> None:
            share = done / total if total else 0.0
            self._show(replace(record, done=done, total=total, progress=share))

        result, failure = self.attempt(record.name, begun, progress)
        last = self.get(record.id)
        ended = replace(
            last,
            state="failed" if failure else "done",
            progress=last.progress if failure else 1.0,
            error=failure,
            result=None if failure else result,
            finished_at=self._clock.now(),
        )
        self._tell(ended)
        self._store_ended()
        return {}

    def _store_ended(self) -> None:
        """Store and let go of what has ended, and of what a lost database kept from it before."""
        with self._lock:
            ended = [live.record for live in self._live.values() if live.record.finished_at]
        for record in ended:
            self._store.save(record)
            with self._lock:
                self._live.pop(record.id, None)

    def _show(self, record: JobRecord) -> None:
        """Tell those who watch, then store it: a lost database hides no end from them."""
        self._tell(record)
        self._store.save(record)

    def _tell(self, record: JobRecord) -> None:
        with self._lock:
            live = self._live[record.id]
            live.record = record
            for listener in live.listeners:
                listener(record)

    def _leave(self, live: _Live, listener: Listener) -> None:
        with self._lock:
            live.listeners = [kept for kept in live.listeners if kept is not listener]


def _unheard(_done: int, _total: int) -> None:
    """Progress that nobody follows."""
