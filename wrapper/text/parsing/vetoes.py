"""Lines in which no number is a metric, however much it looks like one: code, errors, tools, files."""

import re

VETOES = {
    "a warning or an error with its place": re.compile(
        r":\d+(?::\d+)?:? (?:\w{0,40}(?:Warning|Error)|warning|error|note)\b"
    ),
    "an error": re.compile(
        r"^\s*(?:\w{1,40}\.){0,6}\w{0,40}(?:Error|Exception|Warning)\b"
        r"(?! (?:rate|norm)\b|\s*[:=]\s*[-+]?\d*\.\d+(?:[eE][-+]?\d+)?\s?%?(?=\s*(?:$|[,;|(]|\w+ ?[:=])))"
        r"|\bAssertionError\b|^E {7}|^\s*Caused by: "
    ),
    "code": re.compile(
        r"^\s*(?:> +)?(?:File \"|>>> |\.\.\. |warnings\.warn|raise |assert |return |def |import )"
        r"|^\s*(?:from \w+ import |\d+ \| .*[;{}])"
        r"|^\s*(?:[>+] )?[A-Za-z_][\w.$]{0,60} (?:<-|[-+*/]=) "
        # The end is looked at once, and first: tried anew behind each bracket, it would take the square of the length.
        r"|^\s*(?:\} )?(?:(?:while|if|elif|else if) (?=.*[:{]\s*$)[^<>=!(]*[<>=!(]|for (?=.*[:{]\s*$).* in )"
        r"|^\s*(?:const |let |var |local |float |double |int )+\w{1,60} = "
    ),
    "an address": re.compile(r"https?://|\bHTTP/\d|\b(?:GET|POST|PUT) /"),
    "a package": re.compile(
        r"^\s*(?:Collecting|Downloading|Using cached|Requirement already|Successfully installed|Installing"
        r"|Found existing|Building wheel|Preparing metadata|Get:\d|Hit:\d|Fetched|Inst |Conf "
        r"|Unpacking|Setting up|Selecting) "
    ),
    "a test": re.compile(r"^(?:FAILED|ERROR|PASSED) \S|\s(?:PASSED|FAILED|SKIPPED)\s+\[|^=.*=$"),
    "a file": re.compile(r"^\s*[-dlcbps][-rwxsStT]{9}[.+@]?\s"),
    "a change": re.compile(
        r"^[0-9a-f]{7,40} (?=.*[A-Za-z])|^(?:commit|Author:|Date:|index|diff|@@) |^[-+]{3} (?:[ab]/|/dev/null)"
    ),
    "the environment": re.compile(r"^(?:export )?[A-Z][A-Z0-9]*_[A-Z0-9_]*=\S*$"),
    "a setting": re.compile(r"^[\w/ ]{0,60}(?:[Oo]verriding|[Aa]rguments|Namespace\(|[Cc]onfig\()|^\w+\.{4,}"),
    "a checkpoint": re.compile(
        r"\b(?:[Ll]oad(?:ed|ing)|[Rr]esum(?:ed|ing)|[Rr]estor(?:ed|ing)) "
        r"|\b[Ss]av(?:ed|ing) .{0,80}(?:checkpoint|model|to )|\b[Mm]odel saved|[Cc]heckpoint saved"
    ),
    "settings": re.compile(r"\w=(?:True|False|None)\b"),
    "a module": re.compile(r"^\s*\(\w+\): \w+\("),
}
UNREADABLE = "\ufffd"  # what stands in the place of bytes that are not UTF-8
TRACEBACK = "Traceback (most recent call last)"
TEST = "____"  # as pytest heads a test that has failed


def find_veto(line: str) -> str:
    """The rule by which no number of the line is a metric, or ""."""
    for rule, regex in VETOES.items():
        if regex.search(line):
            return rule
    return ""


def is_binary(line: str) -> bool:
    """Whether so many of its bytes are no characters that it is nothing to be read: a picture, say, or weights."""
    return UNREADABLE in line and line.count(UNREADABLE) > len(line) // 20 + 2
