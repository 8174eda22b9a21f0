"""Secrets that are known by their shape, whatever they are called: tokens of services, private keys, passwords of URLs.

Only shapes that nothing else has: a checksum, a UUID or a picture in base64 is none of them.
"""

from __future__ import annotations

import re

MASK = "***"
Shape = tuple[tuple[str, ...], re.Pattern[str]]  # what each text of the shape has in it, and the shape
RIGHT = r"(?![A-Za-z0-9])"


def shape(beginnings: str, rest: str) -> Shape:
    """A shape by its first letters, before which no other stands.

    That is looked at behind them: a pattern that begins with letters is searched for ten times as fast.
    """
    first = beginnings.split()
    each = "|".join(rf"{re.escape(word)}(?<![A-Za-z0-9]{re.escape(word)})" for word in first)
    return tuple(first), re.compile(f"(?:{each}){rest}" if len(first) > 1 else each + rest)


SHAPES: tuple[Shape, ...] = (
    shape("ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{30,255}"),
    shape("github_pat_", r"\w{22,255}"),
    shape("glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glimt- glagent-", r"[\w-]{20,}"),
    shape("hf_ api_org_", r"[A-Za-z0-9]{30,}"),
    shape("sk-", rf"(?:(?:proj|svcacct|admin|ant|or|lf|None)-[\w-]{{20,}}|[A-Za-z0-9]{{32,64}}{RIGHT})"),
    shape("gsk_ xai- pplx-", r"[A-Za-z0-9]{40,}"),
    shape("r8_", rf"[A-Za-z0-9]{{37}}{RIGHT}"),
    shape("wandb_v1_", r"\w{20,}"),
    shape("local-", rf"[0-9a-f]{{40}}{RIGHT}"),
    shape("AKIA ASIA ABIA ACCA", rf"[A-Z2-7]{{16}}{RIGHT}"),
    shape("AIza", r"[\w-]{35}(?![\w-])"),
    shape("ya29.", r"[\w-]{20,}"),
    shape("GOCSPX-", r"[\w-]{28}"),
    shape("nvapi-", r"[\w-]{40,}"),
    shape("lsv2_pt_ lsv2_sk_", r"[0-9a-f]{32}_[0-9a-f]{8,12}"),
    shape("pcsk_ rpa_ lin_api_", r"\w{30,}"),
    shape("tgp_v1_", r"[\w-]{30,}"),
    shape("tvly-", r"[\w-]{24,}"),
    shape("dckr_pat_ dckr_oat_ figd_", r"[\w-]{20,}"),
    shape("ntn_ secret_", rf"[A-Za-z0-9]{{40,50}}{RIGHT}"),
    shape("dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[\w.-]{30,}"),
    shape("pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.-]{30,}"),
    shape("HRKU-", r"[\w-]{36,}"),
    shape("shpat_ shpca_ shppa_ shpss_", rf"[0-9a-fA-F]{{32}}{RIGHT}"),
    shape("sbp_", rf"[0-9a-f]{{40}}{RIGHT}"),
    shape("sntrys_ sntryu_", r"[\w+/=-]{40,}"),
    shape("NRAK-", rf"[A-Z0-9]{{27}}{RIGHT}"),
    shape("ATATT3 ATCTT3 ATBB", r"[\w=-]{28,}"),
    shape("rubygems_", rf"[0-9a-f]{{48}}{RIGHT}"),
    shape("dt0c01.", r"[A-Z0-9a-z]{24}\.[A-Za-z0-9]{60,}"),
    shape("PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    shape("hvb. hvr.", r"[\w-]{60,}"),
    shape("whsec_", r"[\w+/=]{24,}"),
    shape("EZAK EZTK", rf"[A-Za-z0-9]{{54}}{RIGHT}"),
    shape("sk_", rf"[0-9a-f]{{48}}{RIGHT}"),
    shape("pat", rf"[A-Za-z0-9]{{14}}\.[0-9a-f]{{64}}{RIGHT}"),
    ((".atlasv1.",), re.compile(r"(?<![\w.-])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}")),
    shape("xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs-", r"[\w%-]{11,}"),
    shape("xapp-", r"\d-[\w-]{20,}"),
    shape("sk_live_ sk_test_ rk_live_ rk_test_ pk_live_", r"[A-Za-z0-9]{16,}"),
    shape("npm_", rf"[A-Za-z0-9]{{36}}{RIGHT}"),
    shape("pypi-Ag", r"[\w-]{50,}"),
    shape("SG.", r"[\w-]{20,24}\.[\w-]{40,50}"),
    shape("dapi", rf"[0-9a-f]{{32}}(?:-\d)?{RIGHT}"),
    shape("dop_v1_ doo_v1_", r"[0-9a-f]{64}"),
    shape("hvs.", r"[\w-]{24,}"),
    shape("glsa_", r"[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    shape("AGE-SECRET-KEY-1", r"[0-9A-Z]{50,}"),
    shape("tskey-", r"[a-z]+-[\w-]{16,}"),
    shape("eyJ", r"[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]*)?"),
    shape("eyJhcGlf", r"[\w+/-]{40,}=*"),
    (("Q~",), re.compile(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])")),
    (("sig=",), re.compile(r"(?<=[?&;]sig=)[\w%/+]{30,}=*")),
    (("AccountKey=", "AccessKey="), re.compile(r"(?<=AccountKey=)[\w/+]{40,}=*|(?<=AccessKey=)[\w/+]{40,}=*")),
    (("hooks.slack.com/",), re.compile(r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[\w/]{20,}")),
    (("/api/webhooks/",), re.compile(r"(?<=/api/webhooks/)\d{10,}/[\w-]{40,}")),
    ((":AA",), re.compile(r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])")),
)
# Those that stand behind a word, which is searched for in all of the text.
BEHIND = (
    ("login ", re.compile(r"(?<=login )(?:--\S{1,100} ){0,4}[0-9a-f]{40}(?![0-9a-f])")),
    ("earer ", re.compile(r"(?<=[Bb]earer )[\w.~+/-]{16,}=*")),
)
SHORTEST = 16  # No secret of a known shape is shorter, but for passwords in addresses.
ADDRESS_MARK = "://"
PASSWORD_OF_ADDRESS = re.compile(r"://(?P<user>[^\s/:@]{0,200}):(?!\*\*\*@)[^\s/@]{1,500}(?=@)")
TOKEN_OF_ADDRESS = re.compile(r"://[A-Za-z0-9_-]{20,200}(?=@)")
KEY_MARK = "PRIVATE KEY-----"
KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----")
LONGEST_KEY = 20_000


def mask_shapes(text: str) -> tuple[str, int]:
    """The text without what is a secret by its shape, and how many there were."""
    count = 0
    long = "\n".join({word for word in text.split() if len(word) >= SHORTEST})  # Much less than all, in a log.
    for needles, pattern in SHAPES if long else ():
        if any(needle in long for needle in needles):
            text, found = pattern.subn(MASK, text)
            count += found
    for needle, pattern in BEHIND:
        if needle in text:
            text, found = pattern.subn(MASK, text)
            count += found
    if ADDRESS_MARK in text:
        text, found = TOKEN_OF_ADDRESS.subn(f"://{MASK}", text)
        count += found
        text, found = PASSWORD_OF_ADDRESS.subn(rf"://\g<user>:{MASK}", text)
        count += found
    return mask_keys(text, count) if KEY_MARK in text else (text, count)


def mask_keys(text: str, count: int = 0) -> tuple[str, int]:
    """The same for private keys, one that has no end included."""
    kept: list[str] = []
    position = 0
    while found := KEY_BEGINS.search(text, position):
        end = KEY_ENDS.search(text, found.end(), found.end() + LONGEST_KEY)
        kept += [text[position : found.start()], MASK]
        position = end.end() if end else min(len(text), found.end() + LONGEST_KEY)
        count += 1
    return "".join([*kept, text[position:]]), count
