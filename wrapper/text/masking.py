"""What is a secret by its name, and the same text or value without it."""

from __future__ import annotations

import json
import re

from wrapper.text.shapes import MASK, mask_shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# In any spelling: dbPassword, DB-PASSWORD and db_password have the same letters.
ALWAYS = ("password", "passwd", "passphrase", "secret", "apikey", "credential", "authorization")
ENDINGS = ("token", "accesskey", "privatekey", "authkey", "accountkey", "encryptionkey", "signingkey", "masterkey")
# A password by its short name: DB_PASS, MYSQL_PWD. PWD is a directory, and a model has a forward pass.
SHORT = ("pass", "pwd")
HAS_PASSWORDS = frozenset(
    "db database sql mysql pg postgres mongo redis smtp imap mail email user login auth admin root sudo ftp sftp ssh "
    "ldap proxy http https basic rabbitmq amqp mqtt registry docker git".split()
)
# The tokens of a language model are parameters like any other.
OF_A_MODEL = frozenset(
    "pad eos bos unk cls sep mask image audio video special start end stop begin next prefix suffix first last "
    "per query system user assistant think separator word class oov blank unknown new trigger".split()
)

SAID = ("config", "note", "alert", "tag")  # in a record of the metrics file, or of another file of the command's
LONGEST_NAME = 200
SHORTEST_SECRET = 4  # A shorter one would be found in every other word.
SMALL_NUMBER = re.compile(r"-?\d{1,11}(?:\.\d{1,11})?")
NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
INSIDE_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
PAIR = re.compile(
    r"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,80})(?P<sign>["']?[ \t]{0,8}[=:][ \t]{0,8})"""
    r"""(?P<value>"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"',;&})\]]+)"""
)
LINE = re.compile(
    r"^(?P<name>[ \t-]{0,80}[A-Za-z_][\w.-]{0,80})(?P<sign>[ \t]{0,8}[=:][ \t]{1,8})(?P<value>\w.*)$", re.M
)


class Switch:
    """Whether anything is masked in this process; a person can ask that it is not."""

    is_on = True


def turn_off() -> None:
    """From now on, values and texts stay as they are."""
    Switch.is_on = False


def is_secret_name(name: str) -> bool:
    """Whether it names a secret: "hf_token", "DB_PASSWORD", "apiKey"; not "pad_token" or "max_tokens"."""
    words = NOT_A_LETTER.sub(" ", INSIDE_CAMEL_CASE.sub(" ", name[-LONGEST_NAME:]).lower()).split()
    letters = "".join(words)
    if any(word in letters for word in ALWAYS):
        return True
    if words[-1:] and words[-1] in SHORT:
        return not HAS_PASSWORDS.isdisjoint(words[-2:-1])
    return letters.endswith(ENDINGS) and not OF_A_MODEL & set(words[-2:-1])


def is_password_name(name: str) -> bool:
    """Whether even a number of this name is a secret: of a token, it is a number of tokens."""
    letters = NOT_A_LETTER.sub("", name.lower())
    return letters.endswith(SHORT) or any(word in letters for word in ALWAYS)


def is_secret(name: str, value: Any) -> bool:
    """Whether all of this value is one. What is only true, false or absent gives nothing away."""
    if value is None or isinstance(value, bool) or not is_secret_name(name):
        return False
    return not isinstance(value, int | float) or is_password_name(name)


def mask_value(name: str, value: Any) -> Any:
    """The value, with every secret in it replaced by "***": all of it, when the name says so."""
    if not Switch.is_on:
        return value
    if is_secret(name, value):
        return MASK
    if isinstance(value, dict):
        return {key: mask_value(str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_value("", item) for item in value]
    return mask_text(value) if isinstance(value, str) else value


def mask_text(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without the values of secret names, as `token=…` or `"password": "…"`, without these secrets, and
    without what is a secret by its shape.
    """
    if not Switch.is_on:
        return text
    for secret in secrets:
        for line in secret.splitlines():
            if len(line) >= SHORTEST_SECRET:
                text = text.replace(line, MASK)
    if "=" in text or ":" in text:
        text = PAIR.sub(_mask_pair, LINE.sub(_mask_pair, text))
    return mask_shapes(text)[0]


def mask_source(text: str) -> str:
    """The text of a program without the texts in quotes that it gives secret names, and other secrets by shape."""
    if not Switch.is_on:
        return text
    return mask_shapes(PAIR.sub(lambda found: _mask_pair(found) if found["value"][0] in "\"'" else found[0], text))[0]


def find_secrets(name: str, value: Any) -> list[str]:
    """Every text that `mask_value` would replace as a whole."""
    if isinstance(value, dict):
        return [secret for key, item in value.items() for secret in find_secrets(_inherit(name, str(key)), item)]
    if isinstance(value, list):
        return [secret for item in value for secret in find_secrets(name, item)]
    return [str(value)] if is_secret(name, value) else []


def mask_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What a program says of itself without its secrets, and `masked`, how many these were."""
    said = {name: facts[name] for name in SAID if name in facts}
    kept = mask_value("", said)
    if kept == said:
        return facts
    count = json.dumps(kept).count(MASK) - json.dumps(said).count(MASK)
    return {**facts, **kept, "masked": max(1, count)}


def _inherit(name: str, key: str) -> str:
    """All that stands below a secret name is secret."""
    return name if is_secret_name(name) else key


def _mask_pair(found: re.Match[str]) -> str:
    if not is_secret_name(found["name"]):
        return found[0]
    if SMALL_NUMBER.fullmatch(found["value"]) and not is_password_name(found["name"]):
        return found[0]
    quote = found["value"][0] if found["value"][0] in "\"'" else ""
    return f"{found['name']}{found['sign']}{quote}{MASK}{quote}"
