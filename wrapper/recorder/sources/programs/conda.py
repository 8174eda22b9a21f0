"""A conda environment, from what conda notes of each of its packages."""

from __future__ import annotations

import os
import re
import time
from typing import Any

from wrapper.recorder.sources.programs.installed import PATIENCE_S, read_small
from wrapper.text.masking import Switch, mask_text

LARGEST_BYTES = 8 << 20
MOST_PACKAGES = 5_000
OF_A_FILE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-(?P<build>[^-]+)\.json")
FIELD = re.compile(rb'^ {0,4}"(url|md5|channel)": "([^"\n]*)"', re.M)
TOKEN = re.compile(r"(?<=\w)/t/[^/]+/")  # of a private channel
SUBFOLDERS = ("linux-64", "linux-aarch64", "linux-ppc64le", "linux-s390x", "noarch")


def read_environment(prefix: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """The packages of the environment at this prefix, with where they are from; nothing when it is none."""
    try:
        names = sorted(os.listdir(f"{prefix}/conda-meta"))
    except OSError:
        return {}
    until = time.monotonic() + patience_s
    packages, cut = [], False
    for name in names[:MOST_PACKAGES]:
        if found := OF_A_FILE.fullmatch(name):
            cut = cut or time.monotonic() > until
            packages.append(found.groupdict() | ({} if cut else read_origin(f"{prefix}/conda-meta/{name}")))
    facts = {"name": name_of(prefix), "prefix": prefix, "packages": packages}
    return facts | {"cut": True} if cut or len(names) > MOST_PACKAGES else facts


def name_of(prefix: str) -> str:
    """What `conda activate` calls it; the prefix itself, where it has no name."""
    above, name = os.path.split(prefix.rstrip("/"))
    if os.path.basename(above) == "envs":
        return name
    return "base" if os.path.isdir(f"{prefix}/envs") or os.path.isfile(f"{prefix}/bin/conda") else prefix


def read_origin(path: str) -> dict[str, str]:
    """The address and the checksum of a package; nothing where its file does not say."""
    try:
        content = read_small(path, LARGEST_BYTES)
    except OSError:
        return {}
    fields = ((key.decode(), value.decode(errors="replace")) for key, value in FIELD.findall(content))
    return {key: mask_text(TOKEN.sub("/t/***/", value) if Switch.is_on else value) for key, value in fields}


def as_yaml(facts: dict[str, Any], others: list[str]) -> str:
    """The environment as `conda env export` writes it; `others` are the requirements that pip installed into it."""
    channels = dict.fromkeys(channel_of(package) for package in facts["packages"])
    lines = [f"name: {facts['name']}", "channels:", *(f"  - {channel}" for channel in channels if channel)]
    lines.append("dependencies:")
    lines += [f"  - {package['name']}={package['version']}={package['build']}" for package in facts["packages"]]
    if others:
        lines += ["  - pip:", *(f"    - {line}" for line in others)]
    return "\n".join([*lines, f"prefix: {facts['prefix']}", ""])


def as_explicit(facts: dict[str, Any]) -> str:
    """The list from which `conda create --file` makes the same again; "" when not all addresses are known."""
    packages = facts["packages"]
    if not packages or not all(package.get("url") for package in packages):
        return ""
    lines = [package["url"] + (f"#{package['md5']}" if package.get("md5") else "") for package in packages]
    return "\n".join(["@EXPLICIT", *lines, ""])


def channel_of(package: dict[str, str]) -> str:
    """Such as conda-forge; "" when it is not known."""
    words = package.get("channel", "").rstrip("/").split("/")
    words = words[:-1] if words[-1] in SUBFOLDERS else words
    return words[-1]
