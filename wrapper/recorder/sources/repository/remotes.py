"""Addresses of remotes, as they may be kept."""

from __future__ import annotations

import re

from wrapper.text.masking import Switch, mask_text

ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<user>[^/]*)@)?(?P<place>[^?#]*)", re.S | re.I)
KEEPS_USER = ("ssh", "git+ssh", "ssh+git")


def tidy_address(address: str) -> str:
    """The address without password and without what stands behind a "?".

    The user of a web address goes, too: there it is often a token. `git@host:path` stays as it is, and all of it where
    nothing is to be masked.
    """
    found = ADDRESS.match(address)
    if not Switch.is_on:
        return address
    if not found:
        return mask_text(address)
    user = (found["user"] or "").partition(":")[0]
    kept = f"{user}@" if user and found["scheme"].lower() in KEEPS_USER else ""
    return mask_text(f"{found['scheme']}://{kept}{found['place']}")
