"""The units that stand behind a number."""

import re

TIME_UNITS = frozenset("s ms us µs ns m h d min mins sec secs seconds hours minutes day days weeks".split())
SCALES = frozenset("k K M B".split())
SIZE_UNITS = frozenset("B kB KB MB GB TB KiB MiB GiB TiB b kb mb gb G T Mb Gb Kb".split())
UNITS = TIME_UNITS | SIZE_UNITS | SCALES | {"%"}
SPACED_UNIT = re.compile(
    r" (?:[A-Za-z]{1,12}/(?:s|sec|second)|kB|KB|MB|GB|TB|KiB|MiB|GiB|ms|us|µs|secs?|seconds|mins?|hours|days?|weeks)\b"
    r"(?!\s*[:=])| s(?=\s*(?:$|[,;|)\]]))"
)
