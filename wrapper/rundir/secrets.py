"""Command lines without their secrets, in the milliseconds before somebody's training: not even `re` is imported.

`text/masking.py` knows more, and takes its time; the two agree on what is a secret by its name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "***"
ALWAYS = ("password", "passwd", "passphrase", "secret", "apikey", "credential", "authorization")
ENDINGS = ("token", "accesskey", "privatekey", "authkey", "accountkey", "encryptionkey", "signingkey", "masterkey")
# A password by its short name: DB_PASS, MYSQL_PWD. PWD is a directory, and a model has a forward pass.
SHORT = ("pass", "pwd")
HAS_PASSWORDS = frozenset(
    "db database sql mysql pg postgres mongo redis smtp imap mail email user login auth admin root sudo ftp sftp ssh "
    "ldap proxy http https basic rabbitmq amqp mqtt registry docker git".split()
)
OF_A_MODEL = frozenset(
    "pad eos bos unk cls sep mask image audio video special start end stop begin next prefix suffix first last "
    "per query system user assistant think separator word class oov blank unknown new trigger".split()
)
BEHIND = ("bearer", "basic", "login")  # What follows such a word is a secret when it is long.
# Tokens begin so, where no letter stands before; so many letters at least are behind that.
BEGINNINGS = tuple(
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt- hf_ api_org_ sk- gsk_ xai- pplx- r8_ local-"
    " wandb_v1_ AKIA ASIA AIza ya29. GOCSPX- xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- xapp- sk_live_ sk_test_ rk_live_ npm_"
    " pypi-Ag SG. dapi dop_v1_ hvs. hvb. hvr. glsa_ AGE-SECRET-KEY-1 tskey- eyJ nvapi- lsv2_pt_ lsv2_sk_ pcsk_ rpa_"
    " lin_api_ tgp_v1_ tvly- dckr_pat_ dckr_oat_ figd_ ntn_ dp.pt. dp.st. dp.ct. dp.sa. pscale_tkn_ pscale_pw_ HRKU-"
    " shpat_ shpca_ shppa_ shpss_ sbp_ sntrys_ sntryu_ NRAK- ATATT3 ATCTT3 rubygems_ dt0c01. PMAK- whsec_ EZAK".split()
)
ALL_CAPITALS = ("AKIA", "ASIA")
# In an address, what follows these is one.
PLACES = ("hooks.slack.com/", "/api/webhooks/", "sig=", "AccountKey=")
TELEGRAM, AZURE = ":AA", "Q~"
SHORTEST_REST = 16
LONGEST_NAME = 200
LONGEST_NUMBER = 11
# What may be a secret has one of these in it, in small letters; most command lines have none.
HINTS = (
    *("pass", "secret", "token", "key", "credential", "authorization", "bearer", "basic", "login", "://", "private"),
    *("pwd", "sig=", ":aa", "q~"),
)
APART = frozenset(" \t\r\n'\"`;&|()<>{}[],")
QUOTES = ("'", '"')
SIGNS = ("=", ":", ":=")
NO_VALUE = ("", "true", "false", "none", "null", "=", ":")


def mask_words(words: list[str]) -> tuple[list[str], int]:
    """The words of a command line, and how many secrets were masked in them."""
    text = "\n".join(words)
    masker = Masker(text)
    if not masker.may_have_secret(text):
        return words, 0
    kept = []
    name = ""
    for word in words:
        kept.append(masker.mask_value(word) if is_value_of(name, word) else masker.mask(word))
        is_name = word.startswith("-") and "=" not in word
        name = word.lstrip("-") if is_name else word if word.lower() in BEHIND else ""
    return kept, masker.count


def is_value_of(name: str, word: str) -> bool:
    """Whether this word, behind that name, is its secret."""
    if name.lower() in BEHIND:
        return len(word) >= SHORTEST_REST
    return bool(name) and is_secret_name(name) and not word.startswith("-") and says_something(name, word)


def says_something(name: str, value: str) -> bool:
    """Whether a value of that name gives anything away; a small number does not, unless it is a password."""
    is_number = len(value) <= LONGEST_NUMBER and value.lstrip("-").replace(".", "", 1).isdigit()
    return value.lower() not in NO_VALUE and (not is_number or is_password_name(name))


def is_password_name(name: str) -> bool:
    """Whether even a number of this name is a secret: of a token, it is a number of tokens."""
    letters = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    return letters.endswith(SHORT) or any(word in letters for word in ALWAYS)


def is_secret_name(name: str) -> bool:
    """Whether it names a secret: "hf_token", "DB_PASSWORD", "apiKey"; not "pad_token" or "max_tokens"."""
    if not any(word in name.lower() for word in HINTS):
        return False
    words = split_name(name[-LONGEST_NAME:])
    letters = "".join(words)
    if any(word in letters for word in ALWAYS):
        return True
    if words[-1:] and words[-1] in SHORT:
        return not HAS_PASSWORDS.isdisjoint(words[-2:-1])
    return letters.endswith(ENDINGS) and not OF_A_MODEL & set(words[-2:-1])


def split_name(name: str) -> list[str]:
    """The words of a name, in small letters; a capital behind a small letter begins one."""
    found = ""
    before = ""
    for letter in name:
        begins = "A" <= letter <= "Z" and ("a" <= before <= "z" or "0" <= before <= "9")
        found += (" " if begins else "") + (letter.lower() if letter.isascii() and letter.isalnum() else " ")
        before = letter
    return found.split()


class Masker:
    """Masks words of a text, each of which may be a whole script; `count` is how many secrets there were."""

    def __init__(self, text: str) -> None:
        self.count = 0
        small = text.lower()
        self._hints = [hint for hint in HINTS if hint in small]
        self._beginnings = [beginning for beginning in BEGINNINGS if beginning in text]

    def may_have_secret(self, text: str) -> bool:
        small = text.lower()
        return any(hint in small for hint in self._hints) or any(beginning in text for beginning in self._beginnings)

    def mask_value(self, value: str) -> str:
        self.count += 1
        return MASK

    def mask(self, word: str) -> str:
        """The word without the secrets in it."""
        if not self.may_have_secret(word):
            return word
        name, sign, value = word.partition("=")
        if sign and not APART & set(name) and is_secret_name(name) and says_something(name, value):
            return f"{name}={self.mask_value(value)}"
        if "PRIVATE KEY-----" in word:
            return self.mask_value(word)
        return "".join(self._mask_script(list(pieces(word))))

    def _mask_script(self, rest: list[str]) -> Iterator[str]:
        """The pieces of a script. What stands between quotes behind a secret name goes whole."""
        name = last = before = ""
        skipped_to = ""
        for piece in rest:
            is_apart = piece[0] in APART
            if skipped_to and not (is_apart and skipped_to in piece):
                continue
            skipped_to = ""
            if is_apart:
                yield piece
            elif piece in SIGNS or piece.lower() in BEHIND:
                name = last if piece in SIGNS else piece
                yield piece
            elif is_value_of(name, piece):
                skipped_to = before[-1:] if before[-1:] in QUOTES else ""
                name = ""
                yield self.mask_value(piece)
            else:
                name, last = name_in(piece), piece
                yield self._mask_piece(piece)
            before = piece

    def _mask_piece(self, piece: str) -> str:
        """A piece without spaces."""
        for sign in "=:":
            its, found, value = piece.partition(sign)
            if found and not value.startswith("//") and is_secret_name(its) and says_something(its, value):
                return f"{its}{sign}{self.mask_value(value)}"
        return self._mask_places(self._mask_tokens(self._mask_address(piece)))

    def _mask_address(self, piece: str) -> str:
        scheme, found, rest = piece.partition("://")
        user, at, place = rest.partition("@")
        if not found or not at or "/" in user:
            return piece
        name, colon, _password = user.partition(":")
        if colon:
            return f"{scheme}://{name}:{self.mask_value(user)}@{place}"
        return f"{scheme}://{self.mask_value(user)}@{place}" if len(user) > SHORTEST_REST else piece

    def _mask_tokens(self, piece: str) -> str:
        for beginning in self._beginnings:
            start = piece.find(beginning)
            while start >= 0:
                end = end_of_token(piece, start + len(beginning))
                is_token = end - start - len(beginning) >= SHORTEST_REST and not piece[start - 1 : start].isalnum()
                rest = piece[start + len(beginning) : end]
                if is_token and (looks_random(rest) or (beginning in ALL_CAPITALS and len(rest) == SHORTEST_REST)):
                    piece = piece[:start] + self.mask_value(piece) + piece[end:]
                start = piece.find(beginning, start + 1)
        return piece

    def _mask_places(self, piece: str) -> str:
        """Without what is a secret by where it stands, or by letters in its middle."""
        for place in PLACES:
            start = piece.find(place) + len(place)
            end = next((at for at in range(start, len(piece)) if piece[at] in "&#?;"), len(piece))
            is_whole = not place[0].isalnum() or not piece[start - len(place) - 1 : start - len(place)].isalnum()
            if start >= len(place) and is_whole and end - start >= SHORTEST_REST:
                return piece[:start] + self.mask_value(piece) + piece[end:]
        number, found, rest = piece.rpartition(TELEGRAM)
        digits = number[len(number.rstrip("0123456789")) :]
        if found and 8 <= len(digits) <= 10 and end_of_token(rest, 0) >= 2 * SHORTEST_REST:
            return number[: -len(digits)] + self.mask_value(piece) + rest[end_of_token(rest, 0) :]
        start = piece.find(AZURE) - 4
        if start >= 0 and end_of_token(piece, start + 4 + len(AZURE)) - start >= 2 * SHORTEST_REST:
            return piece[:start] + self.mask_value(piece)
        return piece


def name_in(piece: str) -> str:
    """What the next piece may be the value of: of an option, of a name with a sign behind it."""
    is_option = piece.startswith("-") and "=" not in piece
    return piece.strip("-:=") if is_option or piece.endswith(("=", ":")) else ""


def pieces(text: str) -> Iterator[str]:
    """The text in pieces that are all of separators, or have none."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or (text[index] in APART) != (text[start] in APART):
            yield text[start:index]
            start = index


def end_of_token(text: str, start: int) -> int:
    """Where the letters of a token end that has begun before."""
    while start < len(text) and text[start].isascii() and (text[start].isalnum() or text[start] in "_-."):
        start += 1
    return start


def looks_random(letters: str) -> bool:
    """Whether these are no words: they have digits, or capitals among small letters."""
    return any(letter.isdigit() for letter in letters) or not (letters.islower() or letters.isupper())
