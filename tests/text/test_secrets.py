"""Secrets go, wherever they stand; what only looks like one stays."""

import base64
import hashlib
import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrapper.text.masker import Masker
from wrapper.text.masking import mask_text
from wrapper.text.shapes import mask_shapes

CHANCE = random.Random(7)


def some(letters, count):
    return "".join(CHANCE.choice(letters) for _ in range(count))


LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
TOKENS = {
    "GitHub": f"ghp_{some(LETTERS, 36)}",
    "GitHub, fine-grained": f"github_pat_{some(LETTERS, 22)}_{some(LETTERS, 59)}",
    "GitLab": f"glpat-{some(LETTERS, 20)}",
    "Hugging Face": f"hf_{some(LETTERS, 34)}",
    "OpenAI": f"sk-proj-{some(LETTERS + '-_', 120)}a",
    "OpenAI, old": f"sk-{some(LETTERS, 20)}T3BlbkFJ{some(LETTERS, 20)}",
    "Anthropic": f"sk-ant-api03-{some(LETTERS + '-_', 93)}AA",
    "OpenRouter": f"sk-or-v1-{some(HEX, 64)}",
    "Groq": f"gsk_{some(LETTERS, 52)}",
    "AWS": f"AKIA{some(string.ascii_uppercase, 16)}",
    "Google": f"AIza{some(LETTERS, 35)}",
    "Google, OAuth": f"ya29.{some(LETTERS, 60)}",
    "Azure": f"{some(LETTERS, 3)}8Q~{some(LETTERS, 34)}",
    "Slack": f"xoxb-{some(string.digits, 12)}-{some(LETTERS, 24)}",
    "Stripe": f"sk_live_{some(LETTERS, 24)}",
    "npm": f"npm_{some(LETTERS, 36)}",
    "PyPI": f"pypi-AgEIcHlwaS5vcmc{some(LETTERS, 80)}",
    "W&B": f"wandb_v1_{some(LETTERS, 70)}",
    "W&B, own server": f"local-{some(HEX, 40)}",
    "Databricks": f"dapi{some(HEX, 32)}",
    "JWT": f"eyJ{some(LETTERS, 33)}.eyJ{some(LETTERS, 60)}.{some(LETTERS, 43)}",
    "Neptune": f"eyJhcGlf{some(LETTERS, 90)}==",
    "NVIDIA": f"nvapi-{some(LETTERS + '-_', 63)}a",
    "LangSmith": f"lsv2_pt_{some(HEX, 32)}_{some(HEX, 10)}",
    "Pinecone": f"pcsk_{some(LETTERS, 60)}",
    "RunPod": f"rpa_{some(LETTERS, 44)}",
    "Together": f"tgp_v1_{some(LETTERS, 43)}",
    "Tavily": f"tvly-{some(LETTERS, 32)}",
    "Docker": f"dckr_pat_{some(LETTERS, 27)}",
    "Notion": f"ntn_{some(LETTERS, 46)}",
    "Linear": f"lin_api_{some(LETTERS, 40)}",
    "Figma": f"figd_{some(LETTERS, 40)}",
    "Doppler": f"dp.pt.{some(LETTERS, 43)}",
    "PlanetScale": f"pscale_tkn_{some(LETTERS, 43)}",
    "Shopify": f"shpat_{some(HEX, 32)}",
    "Supabase": f"sbp_{some(HEX, 40)}",
    "Sentry": f"sntrys_{some(LETTERS, 80)}",
    "New Relic": f"NRAK-{some(string.ascii_uppercase, 26)}7",
    "Atlassian": f"ATATT3xFfGF0{some(LETTERS, 170)}",
    "RubyGems": f"rubygems_{some(HEX, 48)}",
    "Dynatrace": f"dt0c01.{some(LETTERS, 24)}.{some(LETTERS, 64)}",
    "Postman": f"PMAK-{some(HEX, 24)}-{some(HEX, 34)}",
    "Vault, batch": f"hvb.{some(LETTERS, 140)}",
    "Stripe, webhook": f"whsec_{some(LETTERS, 32)}",
    "Telegram": f"{some('123456789', 9)}:AA{some(LETTERS, 33)}",
}
AROUND = ["{}", "key {} ok", "'{}'", '{{"a": "{}"}}', "x={}&y=1", "https://host/{}/x", "({})", "é {} …", "Using {}."]


@pytest.mark.parametrize("frame", AROUND)
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_token_goes_wherever_it_stands(token, frame):
    text = f"before\n{frame.format(token)}\nafter\n"

    for masked in (mask_shapes(text)[0], Masker().mask(text), mask_text(text)):
        assert token[12:-2] not in masked
        assert masked.startswith("before\n") and masked.endswith("\nafter\n")


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567", "WANDB_API_KEY=***"),
        ('"api_key": "0123456789abcdef0123456789abcdef01234567",', '"api_key": "***",'),
        ("$ wandb login 0123456789abcdef0123456789abcdef01234567", "$ wandb login ***"),
        ("wandb login --relogin 0123456789abcdef0123456789abcdef01234567", "wandb login ***"),
        ("Authorization: Bearer abcdef0123456789.xyz", "Authorization: Bearer ***"),
        ("headers={'Authorization': 'Basic YWRhOmh1bnRlcjI='}", "headers={'Authorization': '***'}"),
        ("curl -H Authorization:token\tabc123def456ghi", "curl -H Authorization:token\t***"),
        ("password=correcthorse", "password=***"),
        ("DB_PASSWORD='hunter2'", "DB_PASSWORD='***'"),
        ("client_secret: q8Z~a8B2", "client_secret: ***"),
        ("postgresql://ada:hunter2@db.example.com:5432/runs", "postgresql://ada:***@db.example.com:5432/runs"),
        ("https://0123456789abcdef01234567@github.com/a/b", "https://***@github.com/a/b"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = ***"),
        ("?sv=2022&sig=abcDEF0123456789%2Babcdefghijklmno%3D&se=1", "?sv=2022&sig=***&se=1"),
        ("DB_PASS=hunter2 lr=0.1", "DB_PASS=*** lr=0.1"),
        ("token=abcdefgh12345678 lr=0.1", "token=*** lr=0.1"),
        ("Passwort, İstanbul: password=hunter22", "Passwort, İstanbul: password=***"),
    ],
)
def test_secret_by_its_name_or_place_goes_and_all_else_stays(line, masked):
    masker = Masker()

    assert masker.mask(f"{line}\n") == f"{masked}\n"
    assert masker.count == 1


@pytest.mark.parametrize(
    "line",
    [
        "tokens: 5123, tokens/s: 1203.5 num_tokens=4096 token: 17",
        "pad_token: <pad> eos_token='</s>' next_token: Ġhello bos_token_id=1",
        "{'loss': 0.3, 'mean_token_accuracy': 0.71, 'num_tokens': 512000.0}",
        "password: required",
        "Enter your password: ",
        "token: transformers",
        "secret: None api_key=null password=*** auth_token=${HF_TOKEN} api_key: <your key>",
        "key: value, keys=3, key_padding_mask: None, keypoints: 0.4, monkey=banana",
        "commit 0123456789abcdef0123456789abcdef01234567",
        f"sha256:{hashlib.sha256(b'a').hexdigest()} md5={hashlib.md5(b'a').hexdigest()}",
        f"run id {uuid.UUID(int=2**100)} checkpoint-1200 task-0123456789abcdef0123456789abcdef",
        "risk-0123456789abcdef0123456789abcdef01 disk-abcdefabcdefabcdefabcdefabcdefabcdef",
        "https://user@host/path git@github.com:ada/mnist.git https://host:8080/a?b=c",
        "see https://example.com/a:b@c/d",
        "epoch 3: 100%|██████████| 500/500 [00:12<00:00, 41.0it/s, loss=0.31]",
        "loss = tensor(0.3) shape=torch.Size([1, 2]) lr=1e-4 author=ada authors: 3",
        "PWD=/home/ada2/x OLDPWD=/srv/run1 forward_pass: 3.1ms num_pass=b2 first_pass=a1b2c3 bypass=on1 compass: n0rth",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_only_looks_like_a_secret_stays(line):
    masker = Masker()

    assert masker.mask(f"{line}\n") == f"{line}\n"
    assert masker.count == 0


def test_pictures_and_numbers_in_base64_stay():
    for seed in range(300):
        data = base64.b64encode(random.Random(seed).randbytes(3000)).decode()
        assert Masker().mask(f"histogram={data} image: {data}\n") == f"histogram={data} image: {data}\n"


KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA\n" * 20 + "-----END RSA PRIVATE KEY-----"


def test_private_key_goes_whole_also_when_it_comes_in_pieces():
    text = f"one\n{KEY}\ntwo\n{KEY}\nthree\n"
    assert Masker().mask(text) == "one\n***\ntwo\n***\nthree\n"

    masker = Masker()
    masked = "".join(masker.mask(line) for line in text.splitlines(keepends=True))
    assert "MII" not in masked and "PRIVATE" not in masked
    assert masked.replace("***", "").split() == ["one", "two", "three"]


def test_key_without_an_end_does_not_take_the_rest_of_the_output():
    masker = Masker()
    masker.mask("-----BEGIN PRIVATE KEY-----\nMIIE\n")
    lines = [masker.mask("epoch 1 loss 0.5\n") for _ in range(2000)]

    assert lines[-1] == "epoch 1 loss 0.5\n"


@given(st.lists(st.sampled_from([*TOKENS.values(), "loss 0.5", "é", "\n", " ", "'", "https://a:b@c", "\x1b[0m", KEY])))
def test_masking_twice_is_masking_once(pieces):
    once = Masker().mask(" ".join(pieces))

    assert Masker().mask(once) == once
    assert not any(token in once for token in TOKENS.values())


@given(st.text())
def test_lines_stay_lines(text):
    assert Masker().mask(text).count("\n") == text.count("\n")


@given(st.text(alphabet="abk=: '\"\n-_tokenpaswrd0123456789{}", max_size=200))
def test_lines_of_odd_text_stay_lines(text):
    assert Masker().mask(text).count("\n") == text.count("\n")
