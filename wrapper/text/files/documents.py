"""Files that are written whole, again and again: the state of a Hugging Face trainer, results, configuration."""

import json
from collections.abc import Callable

from wrapper.text.config_files import NoSettings, Unreadable, read_config, read_yaml
from wrapper.text.files.columns import Counting, know_columns, make_row
from wrapper.text.files.facts import Fact
from wrapper.text.files.json_log import keep_numbers

HYDRA_FACTS = ("mode", "job", "runtime")
JOB_FACTS = ("name", "num", "id", "override_dirname")
RUNTIME_FACTS = ("version", "output_dir", "choices")


class BadDocument(ValueError):
    """What is wrong with a file, and in which line, as far as that is known."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


def read_trainer_state(data: bytes) -> list[Fact]:
    """A row for each entry of the log. Raises BadDocument."""
    state = read_json(data)
    entries = state.get("log_history")
    counting = Counting()
    facts = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            columns = know_columns(tuple(entry))
            facts.append(make_row(keep_numbers(entry, None), columns, counting))
    return [fact for fact in facts if fact]


def read_results(data: bytes) -> list[Fact]:
    """The numbers of a file that a trainer writes at its end. Raises BadDocument."""
    results = keep_numbers(read_json(data), None)
    return [Fact(summary=results)] if results else []


def read_hparams(data: bytes) -> list[Fact]:
    """The configuration that a YAML file is. Raises BadDocument."""
    settings = read_settings(data)
    return [Fact(config=settings)] if settings else []


def read_hydra_overrides(data: bytes) -> list[Fact]:
    """What was given to Hydra on the command line. Raises BadDocument."""
    try:
        value = read_yaml(data.decode("utf-8", "replace"))
    except Unreadable as error:
        raise BadDocument(str(error), error.line or None) from error
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
    return [Fact(config={"hydra": {"overrides": words}})] if words else []


def read_hydra_job(data: bytes) -> list[Fact]:
    """The few things of Hydra's own configuration that tell one run from another. Raises BadDocument."""
    hydra = read_settings(data).get("hydra")
    if not isinstance(hydra, dict):
        return []
    facts = {name: hydra[name] for name in HYDRA_FACTS if hydra.get(name) is not None}
    for name, wanted in (("job", JOB_FACTS), ("runtime", RUNTIME_FACTS)):
        if isinstance(facts.get(name), dict):
            facts[name] = {key: facts[name][key] for key in wanted if facts[name].get(key) is not None}
    return [Fact(config={"hydra": facts})] if facts else []


DOCUMENTS: dict[str, Callable[[bytes], list[Fact]]] = {
    "trainer_state": read_trainer_state,
    "results": read_results,
    "hparams": read_hparams,
    "hydra": read_hparams,
    "hydra overrides": read_hydra_overrides,
    "hydra job": read_hydra_job,
}


def read_json(data: bytes) -> dict[str, object]:
    """The object in a JSON file. Raises BadDocument."""
    try:
        value = json.loads(data)
    except json.JSONDecodeError as error:
        raise BadDocument(error.msg, error.lineno) from error
    except RecursionError as error:
        raise BadDocument("it is nested too deep") from error
    except ValueError as error:  # No UTF-8, or a number of thousands of digits.
        raise BadDocument(str(error)) from error
    if not isinstance(value, dict):
        raise BadDocument("it is no object")
    return value


def read_settings(data: bytes) -> dict[str, object]:
    """The nested settings in a YAML file. Raises BadDocument."""
    try:
        return read_config("YAML", data.decode("utf-8", "replace"))
    except Unreadable as error:
        raise BadDocument(str(error), error.line or None) from error
    except NoSettings as error:
        raise BadDocument("it holds no settings, or more than settings are") from error
