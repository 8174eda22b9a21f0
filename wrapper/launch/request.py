"""What is to be made of a run directory: worked out in a process of its own, for which the wrapper waits not long."""

from __future__ import annotations

import posix as os

from wrapper.launch import outputs
from wrapper.launch.making import KEPT, LOST, OFF, REFUSED, WORDS
from wrapper.launch.part import make_part
from wrapper.launch.placing import CannotMake, Refused
from wrapper.launch.ranks import find_place
from wrapper.launch.settings import resolve
from wrapper.launch.slurm import slurm_facts
from wrapper.rundir.processes import boot_id, pid_namespace, start_ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wrapper.launch.making import Tell
    from wrapper.launch.options import RunOptions
    from wrapper.launch.ranks import Place
    from wrapper.launch.settings import Settings
    from wrapper.launch.start import Start


class Request:
    """The command, where its output goes, and what the person said of the run."""

    def __init__(
        self,
        start: Start,
        options: RunOptions,
        found: list[outputs.Output],
        site: str,
        wrapper: int,
        started_at: float,
    ) -> None:
        self._start, self._options, self._found, self._site = start, options, found, site
        self._wrapper, self._started_at = wrapper, started_at

    def answer(self, tell: Tell) -> None:
        """Make the directory, and tell what became of it."""
        try:
            self._answer(tell)
        except BaseException as error:
            tell([LOST, "", f"its directory could not be made: {error!r}"])
            raise

    def _answer(self, tell: Tell) -> None:
        variables = self._start.variables
        settings = resolve(self._options, variables, os.getcwd(), self._site)
        if settings.refusal:
            tell([REFUSED, "", settings.refusal])
            return
        place = find_place(variables)
        settings.silent = settings.silent or place.rank > 0  # The first rank speaks for all.
        words = " ".join(name for name in WORDS if getattr(settings, name))
        if settings.mode == "disabled":
            tell([OFF, words])
            return
        try:
            part = make_part(settings, place, self._facts(settings, place))
        except Refused as error:
            tell([REFUSED, words, str(error)])
            return
        except CannotMake as error:
            tell([LOST, words, str(error)])
            return
        if tell([KEPT, words, part.path, part.run, part.name]):
            part.write_run_file()
        else:
            part.remove()

    def _facts(self, settings: Settings, place: Place) -> dict[str, Any]:
        """As part.json states them."""
        outputs.choose(self._found, settings.own_output, settings.pty)
        slurm = slurm_facts(self._start.variables, place.problems)
        argv, masked = self._masked(settings)
        return {
            "argv": argv,
            **self._command_facts(),
            "redact": settings.redact,
            "masked": masked,
            "save": settings.save,
            "launch": place.facts(),
            "slurm": slurm,
            "warnings": list(dict.fromkeys([*settings.problems, *place.problems])),
            "metrics": {"parse": settings.parse, "patterns": settings.metrics, "ignore": settings.ignore},
            "stats": {
                "interval": settings.stats_interval,
                "average": settings.stats_average,
                "energy_price": settings.energy_price,
            },
            "watch": {
                "stop_if": settings.stop_if,
                "stop_after": settings.stop_after,
                "stop_grace": settings.stop_grace,
                "stall_after": settings.stall_after,
            },
        }

    def _masked(self, settings: Settings) -> tuple[list[str], int]:
        """The command line as it may be kept, and how much was masked in it and in what the run is called."""
        if not settings.redact:
            return self._start.argv, 0
        from wrapper.rundir.secrets import mask_words

        argv, count = mask_words(self._start.argv)
        return argv, count + settings.mask_labels(mask_words)

    def _command_facts(self) -> dict[str, Any]:
        variables = self._start.variables
        terminals = [outputs.window(output.size) for output in self._found if output.kind in ("terminal", "pty")]
        rows, columns = terminals[0] if terminals else (None, None)
        return {
            "path": self._start.path,
            "cwd": os.getcwd(),
            "host": os.uname().nodename,
            "boot": boot_id(),
            "pids": pid_namespace(),
            "user": variables.get("LOGNAME") or variables.get("USER") or str(os.getuid()),
            "pid": self._wrapper,
            "pid_ticks": start_ticks(self._wrapper),
            "started_at": self._started_at,
            "columns": columns,
            "rows": rows,
            "streams": [output.facts() for output in self._found],
        }
