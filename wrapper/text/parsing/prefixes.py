"""What stands before a message: time, level, name of the logger, rank. Works on text whose numbers are masked."""

import re
from typing import NamedTuple

from wrapper.text.parsing.words import is_section, role

MASK = "\0"  # stands for each number

N = MASK
DATE = rf"{N}[-/.]{N}[-/.]{N}|[A-Z][a-z]{{2}} {{1,2}}{N}(?:, {N})?"
DAY = rf"(?:(?:[A-Z][a-z]{{2}},? )?(?:{DATE}|{N}[-/]{N}))"
HOUR = rf"(?:{N}|\d\d):(?:{N}|\d\d)(?::(?:{N}|\d\d))?(?:[.,]{N})?(?: ?[AP]M)?(?:Z| ?[-+]{N}:?{N}?|{N}| UTC)?"
LEVEL = "(?:INFO|WARN|WARNING|DEBUG|ERROR|CRITICAL|FATAL|SUCCESS|TRACE|NOTICE|LOG|info|warn|warning|debug|error)"
PLACE = rf"[\w./<>-]{{1,80}}\.\w{{1,4}}:(?:{N}|\d+)(?::[\w<>]{{1,40}})?"
PREFIX = re.compile(
    r"\s*(?:"
    rf"(?P<rank>\[(?:default|rank|RANK|Rank|GPU|gpu|local_rank)[ :_=]?(?P<rank_number>\d{{1,6}}|{N})\]:?"
    rf"|\[{N},(?P<tagged>{N})\]<std(?:out|err)>:|(?:rank|Rank|RANK)[ :=_-]?(?P<bare>\d{{1,6}}|{N})(?::| ?[|])(?=\s))"
    rf"|(?P<task>\((?:[\w.]{{1,60}} )?(?:pid|rank)=(?P<pid>{N}|\d+)(?:, ip=[^)]{{1,40}})?\))"
    rf"|(?P<glog>[IWEF]\d{{4}} (?:{N}|\d\d):{N}:{N} +{N} {PLACE}\])"
    rf"|(?P<flagged>\[(?:{LEVEL}|[IWED]) {DAY}[ T]{HOUR}\]|\[{LEVEL}\|[^\]\[]{{1,80}}\]:?)"
    rf"|(?P<dated_logger>\[(?:[\w./]{{1,60}}:? ){{0,2}}{DAY} {HOUR}(?: [\w./]{{1,60}}(?::(?:{N}|\d+))?)?\]:?)"
    rf"|(?P<time>[\[(]?(?:{DAY}(?:[ T]| - ){HOUR}|{HOUR}|(?:{DATE})(?= - ))(?: {LEVEL})?[\])]?(?![\w%/])[,:|]?)"
    rf"|(?P<basic>{LEVEL}:(?P<basic_name>[\w.]{{1,60}}):)"  # as Python's logging has it where nobody says otherwise
    rf"|(?P<level>[\[(]?\b{LEVEL} *[\])]?(?=[ :|-]|$)(?: (?=\())?[:|]?)"
    rf"|(?P<caller>\([\w./-]{{1,80}}\.\w{{1,4}} (?:{N}|\d+)\):?)"
    rf"|(?P<place>[\[(]?{PLACE}[\])]?)"
    rf"|(?P<stream>std(?:out|err) [FP]\b)"
    rf"|(?P<number>\{{{N}\}})"
    rf"|(?P<tag>\[(?P<tag_name>[A-Za-z_][\w.:-]{{1,40}})\](?= ?(?:[\[A-Za-z]|{N}[-/]{N}))(?! *\[{N}))"
    rf"|(?P<unit>[\w.-]{{1,60}} [\w./-]{{1,40}}\[(?:{N}|\d+)\]:(?= ))"  # host and process, as syslog has them
    rf"|(?P<service>[a-z][\w.-]{{0,60}}-(?:{N}|\d+) +\|)"  # as Docker Compose has them
    rf"|(?P<function>[\w.<>/]{{1,60}}:[\w<>]{{1,40}}:{N} -(?= ))"
    rf"|(?P<printed>\[{N}\] \"(?=[A-Za-z]))"  # as R prints a text
    r"|(?P<bar>[-|>:]+(?= )|\(\S{1,200}\)(?=\s))"
    r")"
)
LOGGER = re.compile(
    rf"\s*(?P<name>[\w.<>/]{{1,60}}(?::[\w<>]{{1,40}})?)(?::(?:{N}|\d+))?"
    rf"(?:(?<!\s) -(?= )|(?: - | ?\| ?|: ?) *(?![{N}\s:]))"
)
LIBRARY = re.compile(r"(?P<name>[a-z]\w{1,30}):(?=[A-Z\w][\w ]*[ :=])")
LABEL = re.compile(rf"\s*{N}: +(?=[A-Za-z\[|])")
FIRST_OF_SEVERAL = ("rank", "basic", "service", "task", "glog", "flagged", "time", "dated_logger", "level")
MOST = 10  # prefixes one after another


class Prefix(NamedTuple):
    """How much stands before the message, in characters and in numbers, and what it says."""

    end: int
    numbers: int
    rank: int | None = None  # which number is the rank; -1 - rank where it stands in a name
    logger: str = ""


def find_prefix(masked: str) -> Prefix:
    """The prefix of a line; of a line without one, an empty one."""
    end, rank, logger, has_known = 0, None, "", False
    for _ in range(MOST):
        found = PREFIX.match(masked, end)
        if found and found.end() > end and not (found["bar"] and not has_known):
            if found["rank"]:
                group = next(name for name in ("rank_number", "tagged", "bare") if found[name])
                rank = find_rank(found[group], masked, found.start(group))
            has_known = has_known or found.lastgroup in FIRST_OF_SEVERAL or bool(found["rank"] or found["task"])
            if (end and (found["printed"] or found["service"])) or (
                not has_known and (found["unit"] or found["function"])
            ):
                break
            if found["basic"] and role(found["basic_name"]) in ("step", "epoch", "metric"):
                break
            if found["tag"] and is_section(found["tag_name"]):
                logger = found["tag_name"]
            end = found.end()
            continue
        named = has_known and not logger and (LOGGER.match(masked, end) or LIBRARY.match(masked, end))
        if not named or role(named["name"]) in ("step", "epoch", "metric"):
            break
        logger, end = named["name"], named.end()
    return Prefix(end, masked.count(MASK, 0, end), rank, logger)


def find_rank(text: str, masked: str, position: int) -> int:
    """Where the rank is: the number of its number, or -1 - rank."""
    return masked.count(MASK, 0, position) if text == MASK else -1 - int(text)


def find_label(masked: str, end: int) -> int:
    """The end of a label such as `0: `, that `srun --label` puts before a line; `end` where there is none."""
    found = LABEL.match(masked, end)
    return found.end() if found else end
