"""What holds for a run: flags over WANDB_* over wandb.yaml over the official client's file over the user's.

Hardly anything here stops a run. A file that cannot be read, or a value that means nothing, becomes one of
`problems`, and the next level down decides. The exceptions are a pattern that cannot work, and a rule for ending the
command that nobody can understand: whoever gave it relies on it, so `refusal` says what is wrong with it.
"""

from __future__ import annotations

from wrapper.launch.options import (
    MODE_MEANS,
    MODES,
    RESUMES,
    RunOptions,
    as_duration,
    as_id,
    as_names,
    as_pattern,
    as_price,
    as_rule,
    as_seconds,
    as_tags,
    nearest,
)
from wrapper.rundir.paths import is_file, is_there, join, parent, without_detours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROJECT_FILE = "wandb.yaml"
OFFICIAL_FILES = (".wandb/settings", "wandb/settings")
USER_FILE = "wandb-wrapper/settings.yaml"
LARGEST_BYTES = 1 << 20
DEFAULT = "default"

TRUE = ("true", "1", "yes", "on", "y", "t")
FALSE = ("false", "0", "no", "off", "n", "f")
LABELS = ("project", "name", "group", "job_type", "notes", "entity")


class Settings:
    """The values; for each name where its value came from; and what was wrong on the way.

    An origin is a flag, a variable, a file with its line, or "default".
    """

    def __init__(self) -> None:
        self.mode = "online"
        self.project: str | None = None
        self.name: str | None = None
        self.id: str | None = None
        self.group: str | None = None
        self.job_type: str | None = None
        self.tags: list[str] = []
        self.notes: str | None = None
        self.entity: str | None = None
        self.dir: str | None = None  # An absolute path, or None: where `wandb run` was started.
        self.resume: str | None = None
        self.per_rank = False
        self.pty = False
        self.live = False
        self.own_output = False
        self.silent = False
        self.metrics: list[str] = []
        self.ignore: list[str] = []
        self.parse = True
        self.stats_interval = 2.0
        self.stats_average = 30.0
        self.energy_price: str | None = None
        self.redact = True
        self.save: list[str] = []
        self.stop_if: list[str] = []
        self.stop_after = 0.0
        self.stop_grace = 30.0
        self.stall_after = 1800.0
        self.refusal = ""
        self.origins: dict[str, str] = {}
        self.problems: list[str] = []

    @property
    def stops(self) -> bool:
        """Whether there is anything for which the command is ended."""
        return bool(self.stop_if or self.stop_after)

    def mask_labels(self, mask: Callable[[list[str]], tuple[list[str], int]]) -> int:
        """Take the secrets out of what the run is called and said to be; how many there were."""
        count = 0
        for label in LABELS:
            if text := getattr(self, label):
                (kept,), found = mask([text])
                setattr(self, label, kept)
                count += found
        found_in_tags = [mask([tag]) for tag in self.tags]
        self.tags = [tag for (tag,), _ in found_in_tags]
        return count + sum(found for _, found in found_in_tags)


def as_mode(text: str) -> str:
    mode = MODE_MEANS.get(text.lower())
    if mode is None:
        raise ValueError(f'mode is one of {", ".join(MODES)}, and not "{text}"')
    return mode


def as_resume(text: str) -> str:
    if text.lower() not in RESUMES:
        raise ValueError(f'resume is one of {", ".join(RESUMES)}, and not "{text}"')
    return text.lower()


def as_truth(text: str) -> bool:
    if text.lower() not in TRUE + FALSE:
        raise ValueError(f'"{text}" is neither true nor false')
    return text.lower() in TRUE


def as_text(text: str) -> str | None:
    return text or None


class Setting:
    """What it is called, the variable that has it (W&B's own, where there is one), how its text is read."""

    def __init__(self, name: str, variable: str = "", read: Callable[[str], object] = as_text) -> None:
        self.name, self.variable, self.read = name, variable, read

    def value(self, content: object) -> object:
        """What is meant by a text, or what a flag or a file has instead; raises ValueError for nonsense."""
        if isinstance(content, str):
            return self.read(content)
        if isinstance(content, (bool, float)) or (isinstance(content, list) and self.name == "tags"):
            return content
        if isinstance(content, list) and self.name in ADD_UP:
            return [word for item in content for word in self._read_item(item)]
        kind = "list" if isinstance(content, list) else "map"
        if self.name in ADD_UP:
            raise ValueError(f"{self.name} is a list of texts; put each between quotation marks")
        raise ValueError(f"{self.name} is a single value, and not a {kind}")

    def _read_item(self, text: str) -> list[str]:
        words = self.read(text)
        assert isinstance(words, list)
        return words


SETTINGS = (
    Setting("mode", "WANDB_MODE", as_mode),
    Setting("dir", "WANDB_DIR"),
    Setting("project", "WANDB_PROJECT"),
    Setting("name", "WANDB_NAME"),
    Setting("id", "WANDB_RUN_ID", as_id),
    Setting("group", "WANDB_RUN_GROUP"),
    Setting("job_type", "WANDB_JOB_TYPE"),
    Setting("tags", "WANDB_TAGS", as_tags),
    Setting("notes", "WANDB_NOTES"),
    Setting("entity", "WANDB_ENTITY"),
    Setting("resume", "WANDB_RESUME", as_resume),
    Setting("per_rank", read=as_truth),
    Setting("pty", read=as_truth),
    Setting("live", read=as_truth),
    Setting("own_output", read=as_truth),
    Setting("silent", "WANDB_SILENT", as_truth),
    Setting("metrics", read=as_pattern),
    Setting("ignore", read=as_names),
    Setting("parse", read=as_truth),
    Setting("stats_interval", "WANDB_STATS_INTERVAL", as_seconds),
    Setting("stats_average", "WANDB_STATS_AVERAGE", as_seconds),
    Setting("energy_price", "WANDB_ENERGY_PRICE", as_price),
    Setting("redact", read=as_truth),
    Setting("save", read=as_names),
    Setting("stop_if", read=as_rule),
    Setting("stop_after", "WANDB_STOP_AFTER", as_duration),
    Setting("stop_grace", read=as_duration),
    Setting("stall_after", read=as_duration),
)
ADD_UP = ("metrics", "ignore", "stop_if", "save")  # what all levels say holds
REFUSED = ("metrics", "stop_if", "stop_after")  # where nonsense is not passed over
NAMES_IN_FILES = {setting.name for setting in SETTINGS} - {"id"}  # It is one run's.
NAMES_IN_OFFICIAL_FILES = {"project", "entity", "mode"}


class Given:
    """What one level has for a setting, from where, and the folder that a relative path starts from."""

    def __init__(self, content: object, origin: str, base: str) -> None:
        self.content, self.origin, self.base = content, origin, base


def resolve(options: RunOptions | None, environment: Mapping[str, str], cwd: str, site: str = "") -> Settings:
    """Everything that holds in this directory, with these flags and this environment.

    `site` is where our dependencies are installed, for who has not made them importable.
    """
    settings = Settings()
    home = environment.get("HOME", "")
    flags, variables = _from_flags(options, cwd), _from_variables(environment, cwd)
    levels = [flags, variables]
    files = Files(cwd, home, settings.problems, site)
    levels.append(files.read_yaml(find_project_file(cwd)))
    levels.append(files.read_official(_folder(flags.get("dir") or variables.get("dir"), home) or cwd))
    levels.append(files.read_yaml(user_file(environment), base=home))
    for setting in SETTINGS:
        given = [level[setting.name] for level in levels if setting.name in level]
        _settle(settings, setting, given, home)
    if not (settings.stats_interval and settings.stats_average):
        _tell_unmeasured(settings)
    return settings


def _tell_unmeasured(settings: Settings) -> None:
    """A rule that is about the machine where nothing is measured would never hold; nor would a run be stalled."""
    off = "stats_average" if settings.stats_interval else "stats_interval"
    if settings.stall_after and settings.origins["stall_after"] != DEFAULT:
        why = f"without what is measured of the machine nobody can tell, and {off} is 0 ({settings.origins[off]})"
        settings.problems.append(f"{settings.origins['stall_after']} has no effect: {why}")
    for text in settings.stop_if:
        from wrapper.rundir.rules import read_rule

        if read_rule(text).is_measured and not settings.refusal:
            why = f"{text} needs what is measured of the machine, and {off} is 0 ({settings.origins[off]})"
            settings.refusal = f"{settings.origins['stop_if']}: {why}"


def _settle(settings: Settings, setting: Setting, given: list[Given], home: str) -> None:
    """Take the first value that means something, or all where they add up; what does not is a problem."""
    settings.origins[setting.name] = DEFAULT
    for one in given:
        try:
            value = setting.value(one.content)
        except ValueError as error:
            if setting.name in REFUSED:
                settings.refusal = settings.refusal or f"{one.origin}: {error}"
                continue
            settings.problems.append(f"{one.origin}: {error}; it is ignored")
            continue
        if settings.origins[setting.name] == DEFAULT:
            settings.origins[setting.name] = one.origin
        if isinstance(value, list) and setting.name in ADD_UP:
            getattr(settings, setting.name).extend(value)
            continue
        setattr(settings, setting.name, _folder(one, home) if setting.name == "dir" else value)
        return


def _folder(given: Given | None, home: str) -> str | None:
    """The absolute path that is meant."""
    if given is None or not isinstance(given.content, str):
        return None
    path = given.content
    if home and (path == "~" or path.startswith("~/")):
        path = home + path[1:]
    path = join(given.base, path)
    return path if ".." in path else without_detours(path)  # ".." behind a link is not the folder before it.


def _from_flags(options: RunOptions | None, cwd: str) -> dict[str, Given]:
    if options is None:
        return {}
    return {name: Given(getattr(options, name), flag, cwd) for name, flag in options.given.items() if name != "help"}


def _from_variables(environment: Mapping[str, str], cwd: str) -> dict[str, Given]:
    """An empty variable says nothing, as everywhere in W&B."""
    return {
        setting.name: Given(environment[setting.variable], setting.variable, cwd)
        for setting in SETTINGS
        if environment.get(setting.variable)
    }


def find_project_file(cwd: str) -> str | None:
    """wandb.yaml here, or in the nearest parent that has one, up to the root of the repository.

    Outside a repository a parent's file is not ours.
    """
    found, folder = None, cwd
    while folder:
        path = join(folder, PROJECT_FILE)
        if found is None and is_file(path):
            found = path
        if found and folder == cwd:
            return found
        if is_there(join(folder, ".git")):
            return found
        folder = "" if folder == parent(folder) else parent(folder)
    return None


def user_file(environment: Mapping[str, str]) -> str | None:
    """Where the user's own settings are, or would be; None when there is no home directory."""
    config, home = environment.get("XDG_CONFIG_HOME", ""), environment.get("HOME", "")
    if not config.startswith("/"):
        if not home.startswith("/"):
            return None
        config = join(home, ".config")
    return join(config, USER_FILE)


def shown_path(path: str, cwd: str, home: str) -> str:
    """The path as a person would say it from here."""
    for folder, sign in ((cwd, ""), (home, "~/")):
        if len(folder) > 1 and path.startswith(folder + "/"):
            return sign + path[len(folder) + 1 :]
    return path


class Files:
    """Reads settings files; what is wrong with one is added to `problems`."""

    def __init__(self, cwd: str, home: str, problems: list[str], site: str) -> None:
        self._cwd, self._home, self._problems, self._site = cwd, home, problems, site

    def read_yaml(self, path: str | None, base: str = "") -> dict[str, Given]:
        """What wandb.yaml or the user's file has; relative paths in it start from `base`, or beside it."""
        text = self._read(path)
        if path is None or text is None:
            return {}
        from wrapper.launch import plain_yaml

        shown = shown_path(path, self._cwd, self._home)
        try:
            values = plain_yaml.read_settings(text, self._site)
        except plain_yaml.Unreadable as error:
            line = f" line {error.line}" if error.line else ""
            self._problems.append(f"{shown}{line}: {error}; the file is ignored")
            return {}
        level = {}
        for key, value in values.items():
            origin = f"{shown} line {value.line}"
            name = key.replace("-", "_")
            if name not in NAMES_IN_FILES:
                self._note_unknown(name, key, origin)
            elif value.content is not None:
                level[name] = Given(value.content, origin, base or parent(path))
        return level

    def _note_unknown(self, name: str, key: str, origin: str) -> None:
        """Say so when it was probably meant for us; a setting of a later version is no error."""
        meant = nearest(name, NAMES_IN_FILES)
        if name == "id":
            self._problems.append(f"{origin}: each run has an id of its own, so this one is ignored")
        elif meant:
            self._problems.append(f"{origin}: there is no setting {key}; did you mean {meant}?")

    def read_official(self, folder: str) -> dict[str, Given]:
        """What the official client's settings say of project, entity and mode, with its older `disabled`."""
        for name in OFFICIAL_FILES:
            path = join(folder, name)
            text = self._read(path)
            if text is not None:
                shown = shown_path(path, self._cwd, self._home)
                return {name: Given(value, f"{shown} line {line}", folder) for line, name, value in _read_ini(text)}
        return {}

    def _read(self, path: str | None) -> str | None:
        """The text of a file; None when there is none, or none that can be read."""
        if path is None or not is_file(path):
            return None
        try:
            with open(path, "rb") as file:
                content = file.read(LARGEST_BYTES + 1)
            if len(content) <= LARGEST_BYTES:
                return content.decode()
            why = f"larger than {LARGEST_BYTES >> 20} MB"
        except OSError as error:
            why = error.strerror or str(error)
        except UnicodeDecodeError as error:
            why = f"byte {error.start} is not UTF-8"
        self._problems.append(f"{shown_path(path, self._cwd, self._home)} cannot be read: {why}")
        return None


def _read_ini(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, name, value) of what counts in the section [default]."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        key, sign, value = (word.strip() for word in line.partition("="))
        if key.startswith("["):
            section = key
        elif sign and value and section == "[default]":
            if key == "disabled" and value.lower() in TRUE:
                yield number, "mode", "disabled"
            if key in NAMES_IN_OFFICIAL_FILES:
                yield number, key, value
