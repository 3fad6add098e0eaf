"""Which step of a benchmark runs, on standard error: a full run takes minutes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(*, steps: int) -> Iterator[Callable[[str], None]]:
    """Show a bar; call what is given at the beginning of each step with its name."""
    columns = (TextColumn("{task.description:30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("", total=steps)
        begun = 0

        def begin(step: str) -> None:
            nonlocal begun
            bars.update(bar, description=step, completed=begun)
            begun += 1

        yield begin
