"""Which names lead here, what the proxy is asked, and who may ask it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from drivetrain.view.api.azure.hosts.connect import ProxyRefusedError, Wanted, answer, wanted
from drivetrain.view.api.azure.hosts.credentials import credential, whose
from drivetrain.view.api.azure.hosts.names import certificate_names, leads_here
from drivetrain.view.api.azure.hosts.onward import upstream

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("host", "port", "leads"),
    [
        ("management.azure.com", 443, True),
        ("Management.Azure.COM.", 443, True),
        ("login.microsoftonline.com", 443, True),
        ("westeurope.api.azureml.ms", 443, True),
        ("eastus.experiments.azureml.net", 443, True),
        ("drivetrain0123456789abcd.blob.core.windows.net", 443, True),
        ("management.azure.com", 80, False),
        ("management.azure.com.evil.example", 443, False),
        ("xmanagement.azure.com", 443, False),
        ("a.management.azure.com", 443, False),
        ("api.azureml.ms", 443, False),
        (".api.azureml.ms", 443, False),
        ("a.b.api.azureml.ms", 443, False),
        ("somebodys.blob.core.windows.net", 443, False),
        ("drivetrain0123456789abcd.evil.example", 443, False),
        ("dev.azure.com", 443, False),
        ("pypi.org", 443, False),
        ("127.0.0.1", 443, False),
        ("", 443, False),
    ],
)
def test_what_leads_here(host: str, port: int, *, leads: bool) -> None:
    assert leads_here(host, port) is leads


def test_the_certificate_is_for_what_leads_here() -> None:
    account = "drivetrain0123456789abcd"
    assert all(leads_here(name.replace("*", account), 443) for name in certificate_names())


def test_what_a_proxy_is_asked() -> None:
    head = b"CONNECT example.org:8443 HTTP/1.1\r\nHost: example.org:8443\r\nProxy-Authorization: Basic eA==\r\n\r\n"
    assert wanted(head) == Wanted("example.org", 8443, "Basic eA==")
    assert wanted(b"CONNECT [::1]:443 HTTP/1.0\r\n\r\n") == Wanted("::1", 443, "")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET http://example.org/ HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT example.org HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT example.org:0 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT example.org:70000 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT exa mple.org:443 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT ../etc:443 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT a@b:443 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT \xff:443 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT a:443 HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"CONNECT a:443 HTTP/1.1\r\nX: a\nProxy-Authorization: b\r\n\r\n", 400),
        (b"CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: a\r\nproxy-authorization: b\r\n\r\n", 400),
        (b"\r\n\r\n", 405),
    ],
)
def test_what_makes_no_sense(head: bytes, status: int) -> None:
    with pytest.raises(ProxyRefusedError) as refused:
        wanted(head)
    assert refused.value.status == status
    assert answer(refused.value).startswith(f"HTTP/1.1 {status} ".encode())


def shown(text: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


def test_a_credential_says_whose_it_is() -> None:
    made = credential(KEY, "a job's token")
    digest, _, signature = made.partition(":")
    assert whose(KEY, shown(made)) == whose(KEY, shown(made, "basic")) == digest
    assert "token" not in made
    others = [
        "",
        "Basic",
        "Basic ***",
        "Basic " + "A" * 100_000,
        shown(made, "Bearer"),
        shown(f"{digest}:{'0' * 64}"),
        shown(f"{'0' * 64}:{signature}"),
        shown(f"{digest}:{digest}"),
        shown(made + "0"),
        shown("job:password"),
        shown("é"),
    ]
    assert [whose(KEY, each) for each in others] == [""] * len(others)
    assert whose(b"x" * 32, shown(made)) == ""


@pytest.mark.parametrize(
    ("proxies", "host", "through"),
    [
        ({}, "example.org", None),
        ({"https": "http://proxy:3128"}, "example.org", "http://proxy:3128"),
        ({"https": "proxy:3128"}, "example.org", "http://proxy:3128"),
        ({"all": "http://proxy:3128"}, "example.org", "http://proxy:3128"),
        ({"http": "http://proxy:3128"}, "example.org", None),
        ({"https": "http://proxy:3128", "no": "example.org"}, "example.org", None),
        ({"https": "http://proxy:3128", "no": "*"}, "example.org", None),
        ({"https": "http://proxy:3128", "no": "other.org"}, "example.org", "http://proxy:3128"),
        ({"https": "http://127.0.0.1:8676"}, "example.org", None),
        ({"https": "http://127.0.0.1:9999"}, "example.org", "http://127.0.0.1:9999"),
    ],
)
def test_the_machines_own_proxy(proxies: Mapping[str, str], host: str, through: str | None) -> None:
    assert upstream(Wanted(host, 443, ""), 8676, proxies) == (None if through is None else urlsplit(through))


def test_a_proxy_of_another_kind_is_named() -> None:
    with pytest.raises(ProxyRefusedError, match="socks5"):
        upstream(Wanted("example.org", 443, ""), 8676, {"https": "socks5://proxy:1080"})
