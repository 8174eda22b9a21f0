"""A command line is stored without its secrets, and says as well as text/masking.py what is one."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wrapper
from wrapper.rundir import secrets
from wrapper.rundir.secrets import mask_words
from wrapper.text import masking

TOKEN = "ghp_" + "a1B2c3D4e" * 4
KEY = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        (["--api-key", "abc", "--tokenizer", "gpt2"], ["--api-key", "***", "--tokenizer", "gpt2"]),
        (["--hf_token=abc", "api_key=x"], ["--hf_token=***", "api_key=***"]),
        (["+model.apiKey=x y"], ["+model.apiKey=***"]),
        ([f"--remote=https://ada:{TOKEN}@host/x"], ["--remote=https://ada:***@host/x"]),
        (["https://ada:pw@host/x"], ["https://ada:***@host/x"]),
        ([TOKEN], ["***"]),
        (["wandb", "login", KEY], ["wandb", "login", "***"]),
        (['{"api_key": "xyz", "lr": 1}'], ['{"api_key": "***", "lr": 1}']),
        (["env", "WANDB_API_KEY=x", "python"], ["env", "WANDB_API_KEY=***", "python"]),
        (
            ["-c", f"export WANDB_API_KEY={KEY}; python t.py --token 'a b' && wandb login {KEY}"],
            ["-c", "export WANDB_API_KEY=***; python t.py --token '***' && wandb login ***"],
        ),
        (["-H", f"Authorization: Bearer {KEY}"], ["-H", "Authorization: Bearer ***"]),
        (
            ["--password", "512", "--token", "1" * 12, "--db-pwd=5"],
            ["--password", "***", "--token", "***", "--db-pwd=***"],
        ),
        (["--db-pass", "x1", "MYSQL_PWD=x2"], ["--db-pass", "***", "MYSQL_PWD=***"]),
        (["--key-id", "AKIA" + "ABCDEFGHIJKLMNOP"], ["--key-id", "***"]),
        ([f"nvapi-{KEY}", f"dp.pt.{KEY}"], ["***", "***"]),
        ([f"https://hooks.slack.com/services/T1/B2/{KEY}"], ["https://hooks.slack.com/***"]),
        ([f"https://discord.com/api/webhooks/123/{KEY}?wait=1"], ["https://discord.com/api/webhooks/***?wait=1"]),
        ([f"https://x.net/c?sv=1&sig={KEY}&se=2"], ["https://x.net/c?sv=1&sig=***&se=2"]),
        (["123456789:AA" + "a1B2c3D4e" * 4], ["***"]),
        (["--bot=123456789:AA" + "a1B2c3D4e" * 4], ["--bot=***"]),
        (["bot_12345678:AA" + "a1B2c3D4e" * 4], ["bot_***"]),
        (["https://api.telegram.org/bot123456789:AA" + "a1B2c3D4e" * 4 + "/x"], ["https://api.telegram.org/bot***/x"]),
        (["abc8Q~" + "a1B2c3D4e" * 4], ["***"]),
        (["-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"], ["***"]),
    ],
)
def test_secret_in_a_command_line_is_masked(words, masked):
    found, count = mask_words(["train", *words])

    assert found == ["train", *masked]
    assert count == sum(word.count("***") for word in masked)


@pytest.mark.parametrize(
    "words",
    [
        ["--lr", "0.1", "--max_tokens", "512", "--num-tokens=4096"],
        ["--pad_token", "<pad>", "--tokenizer", "bert-base", "--key", "v"],
        ["--commit", KEY, "task-abcdefabcdef-0123456789", "git@github.com:ada/mnist.git"],
        ["--max_token", "512", "--n-token=-1", "sh -c 'x --train_token 0.5'"],
        ["--password", "--verbose", "--use-token", "True", "--secret=none"],
        ["https://user@host/path", "s3://bucket/a:b", "data/tokens.bin", "--login", "ada"],
        ["sh", "-c", "echo tokens: 5; python monkey.py key=3; passes=2"],
        ["", "-", "--", "=", "\udcff\n"],
    ],
)
def test_what_is_no_secret_stays(words):
    assert mask_words(words) == (words, 0)


def test_names_of_secrets_are_those_that_text_knows():
    for table in ("ALWAYS", "ENDINGS", "OF_A_MODEL", "SHORT", "HAS_PASSWORDS"):
        assert getattr(secrets, table) == getattr(masking, table)


NAMES = st.lists(st.sampled_from([*"_-. aA1Zé", "api", "Key", "TOKEN", "pad", "hf", "DB", "Password"]), max_size=6)


@given(NAMES.map("".join) | st.text(max_size=30))
def test_name_is_secret_here_where_it_is_there(name):
    assert secrets.is_secret_name(name) == masking.is_secret_name(name)
    assert secrets.is_password_name(name) == masking.is_password_name(name)


@given(st.lists(st.text(alphabet="ab=:'\" -_;{}/@kKeytokenpsw\n0123456789"), max_size=5))
def test_masking_twice_is_masking_once(words):
    once, _count = mask_words(words)

    assert len(once) == len(words)
    assert mask_words(once)[0] == once


def test_nothing_large_is_imported():
    folder = str(Path(wrapper.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {folder!r}); import wrapper.rundir.secrets; print('re' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], text=True, capture_output=True)

    assert done.stdout == "False\n"
