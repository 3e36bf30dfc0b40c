"""Run by a pipeline's steps: says secrets, which it finds in a file beside the repository, in every way there is."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.parse
from pathlib import Path

HERE = Path(sys.argv[2])
SECRETS = json.loads((HERE / "secrets.json").read_text("utf-8"))


def write(text: str) -> None:
    """Straight to the pipe, by a write of its own."""
    os.write(1, text.encode())


def command(name: str, text: str = "") -> None:
    for sign, escape in (("%", "%AZP25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(sign, escape)
    write(f"##vso[{name}]{text}\n")


def define() -> None:
    for name, secret in SECRETS.items():
        if name != "told":
            command(f"task.setvariable variable={name};isSecret=true;isOutput=true", secret)
    command("task.setsecret", SECRETS["told"])


def forms() -> None:
    for secret in SECRETS.values():
        raw = secret.encode()
        write(f"plain {secret} twice {secret}{secret}\n{secret}\n")
        for before in (b"", b"a", b"ab", b"user:"):
            write(f"base64 {base64.b64encode(before + raw).decode()} of it\n")
            write(f"base64 {base64.urlsafe_b64encode(before + raw + b':more').decode()}\n")
        write(base64.encodebytes(b"a long text before it, so that lines are wrapped somewhere " + raw * 3).decode())
        write(f"https://x.org/?a={urllib.parse.quote(secret)}&b={urllib.parse.quote_plus(secret)}\n")
        write(f"https://x.org/{urllib.parse.quote(secret, safe='')}\n")
        write(json.dumps({"secret": secret}) + json.dumps([secret], ensure_ascii=False, indent=1) + "\n")


def split() -> None:
    for secret in SECRETS.values():
        for cut in (1, len(secret) // 2, len(secret) - 1):
            write(secret[:cut])
            time.sleep(0.15)  # longer than an unfinished line is held back
            write(secret[cut:] + "\n")
        for sign in secret:
            write(sign)
        write("\n")
        encoded = base64.b64encode(secret.encode()).decode()
        write(encoded[:7])
        time.sleep(0.15)
        write(encoded[7:])


def commands() -> None:
    for name, secret in SECRETS.items():
        (HERE / f"{name}.md").write_text(f"# It is\n{secret}\n", "utf-8")
        for kind in ("error", "warning"):
            command(f"task.logissue type={kind}", f"cannot log in with {secret}")
        flat = secret.replace("\n", "%0A").replace("]", "%5D")
        command(f"task.logissue type=error;sourcepath={flat};linenumber=3;code={flat}", "in a file")
        command("build.addbuildtag", f"tag {secret}")
        command("build.updatebuildnumber", f"number-{secret}")
        command("task.setprogress value=50", secret)
        command("task.debug", secret)
        command(f"task.setvariable variable=copy_{name};isOutput=true", f"copied {secret}")
        command(f"task.setvariable variable=name {flat};isOutput=true", "value")
        command(f"artifact.upload artifactname={flat}", os.environ["SUMMARIES"])
        command("task.uploadfile", f"{os.environ['SUMMARIES']}/{name}.md")
        command("task.uploadsummary", f"{os.environ['SUMMARIES']}/nothing-{secret}.md")
        command("foo.bar", secret)
        write(f"##vso[nonsense {secret}\n")
        command("task.complete result=SucceededWithIssues", f"done with {secret}")


def keep_tokens() -> None:
    tokens = {name: os.environ[name] for name in ("ACCESS", "MLFLOW_TRACKING_TOKEN")}
    (HERE / "tokens.json").write_text(json.dumps(tokens), "utf-8")
    for token in tokens.values():
        write(f"token {token} {base64.b64encode(f'user:{token}'.encode()).decode()}\n")


def fail() -> None:
    for secret in SECRETS.values():
        sys.stderr.write(f"fatal: no access with {secret}\n")
    sys.exit(SECRETS["simple"])


if __name__ == "__main__":
    {"define": define, "forms": forms, "split": split, "commands": commands, "tokens": keep_tokens, "fail": fail}[
        sys.argv[1]
    ]()
