"""Secrets are taken out of patches and files of code, and it is known where."""

import pytest

from wrapper.text.patches import mask_file, mask_patch

PATCH = """diff --git a/train.py b/train.py
index 1..2 100644
--- a/train.py
+++ b/train.py
@@ -1,3 +1,4 @@ class Api(token="abcdef123"):
 import os
-lr = 0.1
+lr = 0.2
+api_key = "sk-not-for-you"
 token = os.environ["TOKEN"]
"""


def test_added_secret_is_masked_and_the_patch_still_applies():
    text, masked = mask_patch(PATCH)

    assert '+api_key = "***"\n' in text and "sk-not-for-you" not in text
    assert 'token="***"' in text  # in the heading of the hunk
    assert ' token = os.environ["TOKEN"]\n' in text
    assert (masked.counts, masked.broken) == ({"train.py": 1}, set())


@pytest.mark.parametrize("sign", ["-", " "])
def test_secret_that_the_commit_has_is_masked_and_the_patch_does_not_apply(sign):
    patch = PATCH.replace("-lr = 0.1", f"{sign}password = 'hunter22'").replace(
        "-1,3 +1,4", "-1,3 +1,4" if sign == "-" else "-1,3 +1,5"
    )

    text, masked = mask_patch(patch)

    assert "hunter22" not in text
    assert masked.broken == {"train.py"}


def test_lines_that_look_like_headings_are_lines():
    patch = """diff --git a/c.yaml b/c.yaml
--- a/c.yaml
+++ b/c.yaml
@@ -1,2 +1,2 @@
--- db: 1
+++ db: 2
-password: old-secret
+password: new-secret
diff --git a/x.py b/x.py
"""

    text, masked = mask_patch(patch)

    assert masked.counts == {"c.yaml": 2} and "secret" not in text
    assert text.count("\n") == patch.count("\n")


def test_secret_is_known_by_its_shape_alone():
    text, masked = mask_patch(PATCH.replace("lr = 0.2", f"use('ghp_{'a1' * 18}')"))

    assert "ghp_" not in text
    assert (masked.counts, masked.broken) == ({"train.py": 2}, set())


def test_binary_parts_stay_as_they_are():
    head = "diff --git a/x.bin b/x.bin\n"
    binary = f"{head}GIT binary patch\nliteral 9\nQcmZQz_token=abcdefgh1234\n\nliteral 0\nHcmV?d00001\n\n"

    assert mask_patch(binary)[0] == binary


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("a/two words.py b/two words.py", "two words.py"),
        ('"a/gr\\303\\274n.py" "b/gr\\303\\274n.py"', "grün.py"),
        ('"a/new\\nline.py" "b/new\\nline.py"', "new\nline.py"),
        ('"a/\\351.py" "b/\\351.py"', "\udce9.py"),
        ("a/old.py b/new.py", "new.py"),
    ],
)
def test_masked_path_is_the_one_of_the_file(header, path):
    patch = f"diff --git {header}\n@@ -0,0 +1 @@\n+password = 'hunter22'\n"

    assert mask_patch(patch)[1].counts == {path: 1}


@pytest.mark.parametrize(
    ("path", "text", "kept"),
    [
        ("a.py", 'HF_TOKEN = "hf_abc"', 'HF_TOKEN = "***"'),
        ("a.py", "token = next(tokens)", "token = next(tokens)"),
        ("a.py", "max_tokens=512", "max_tokens=512"),
        ("run.sh", "export WANDB_API_KEY=0123456789", "export WANDB_API_KEY=***"),
        ("run.sh", "export WANDB_API_KEY=$(cat key)", "export WANDB_API_KEY=$(cat key)"),
        ("c.yaml", "db_password: hunter 2", "db_password: ***"),
        ("a.cpp", "auto token = read_token();", "auto token = read_token();"),
        ("a.py", f"login('ghp_{'a1' * 18}')", "login('***')"),
        ("run.sh", f"export A_TOKEN=$A; use hf_{'a1' * 17}", "export A_TOKEN=$A; use ***"),
        ("key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "***\n***\n***\nx"),
    ],
)
def test_secrets_in_a_file(path, text, kept):
    assert mask_file(path, text)[0] == kept


def test_very_long_line_with_a_hint_is_masked_whole():
    assert mask_file("a.json", "token" * 1_000_000)[0] == "***"
