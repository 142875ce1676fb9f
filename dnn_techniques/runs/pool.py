"""Work in processes side by side, forked from one that has imported torch and Lightning once.

This module imports neither, so that the server can start while its parent imports them itself.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from typing import Any

from dnn_techniques.errors import InputError
from dnn_techniques.runs.signals import signals_wait

PRELOADED = ["dnn_techniques.runs.many", "dnn_techniques.engine"]

Report = Callable[[Any], None]


@dataclass(frozen=True)
class Task:
    """A piece of work.

    Attributes:
        name: What an error calls it.
        work: What the function gets; it is pickled.
        after: Name of the task that has to be finished before, None for none.
    """

    name: str
    work: Any
    after: str | None = None


def default_jobs(threads: int) -> int:
    """How many tasks fit side by side: as many as the CPU has threads for."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cpus = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cpus // threads)


def start_server() -> None:
    """Let the process that the workers are forked from import what they need, if there is one."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        _context().set_forkserver_preload(PRELOADED)
        with _ctrl_c_ignored():
            forkserver.ensure_running()


def run_in_processes(
    function: Callable[[Any, Report], Any],
    tasks: Sequence[Task],
    jobs: int,
    told: Callable[[Task, Any], None],
    done: Callable[[Task, Any], None] = lambda task, result: None,
) -> None:
    """Call a function on the work of every task, so many at a time.

    Args:
        function: Gets a task's work and `report`, which brings a message to us; both function and
            message are pickled.
        tasks: What to do, in order, each after the one that it has to come after.
        jobs: Number of processes.
        told: Gets each message of a task, here.
        done: Gets what the function returned, here.

    Raises:
        InputError: The first one of a task, after the task's name; the other tasks are stopped.
            Or if a process was ended, for example for lack of memory.
    """
    with signals_wait() as let_through:
        start_server()
        context = _context()
        messages = context.SimpleQueue()  # a message is there before the result that follows it
        waiting = list(tasks)
        finished: set[str] = set()
        running: dict[Future[Any], Task] = {}
        names = {task.name: task for task in tasks}
        before = set(multiprocessing.active_children())
        pool = ProcessPoolExecutor(jobs, context, _begin, (messages, dict(os.environ)))
        try:
            while waiting or running:
                for task in [t for t in waiting if t.after not in names.keys() - finished]:
                    waiting.remove(task)
                    future = _submit(pool, function, [task, *running.values()])
                    running[future] = task
                let_through()
                ended, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                while not messages.empty():
                    name, message = messages.get()
                    told(names[name], message)
                for future in ended:
                    task = running.pop(future)
                    done(task, _result(future, [task, *running.values()]))
                    finished.add(task.name)
        except BaseException:
            for process in set(multiprocessing.active_children()) - before:
                process.kill()  # Lightning does not act on a milder signal before its batch is done
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _context() -> Any:
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")


def _submit(
    pool: ProcessPoolExecutor, function: Callable[[Any, Report], Any], tasks: Sequence[Task]
) -> "Future[Any]":
    """Begin with the first of these tasks; the others are at work."""
    try:
        return pool.submit(_work, function, tasks[0].name, tasks[0].work)
    except (BrokenProcessPool, EOFError, ConnectionError) as error:
        raise _ended(tasks) from error


def _result(future: "Future[Any]", tasks: Sequence[Task]) -> Any:
    """Result of the first of the tasks that are at work."""
    task = tasks[0]
    try:
        return future.result()
    except InputError as error:
        raise InputError(f"{task.name}: {error}") from error
    except BrokenProcessPool as error:
        raise _ended(tasks) from error
    except Exception as error:
        error.add_note(f"in {task.name}")
        raise


def _ended(tasks: Sequence[Task]) -> InputError:
    names = " or ".join(sorted(task.name for task in tasks))
    return InputError(
        f"{names}: a process was ended, for lack of memory perhaps; --jobs 1 needs least"
    )


@contextlib.contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for the length of a block; processes started in it ignore it for good."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


_messages: Any = None


def _begin(messages: Any, environment: dict[str, str]) -> None:
    """Prepare a process for its tasks: it ends with its parent, however that ends.

    Its environment is the parent's of now, not of when the server was started.
    """
    global _messages
    _messages = messages
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait_for([parent.sentinel])
    os._exit(1)


def _work(function: Callable[[Any, Report], Any], name: str, work: Any) -> Any:
    return function(work, lambda message: _messages.put((name, message)))
