"""The certificates of the edge: who can be spoken for, who may read what, and when anything is made anew."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from drivetrain.wire import certificates, trust
from drivetrain.wire.certificates import Certificates, tenant_of

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = "-----BEGIN CERTIFICATE-----\nof the machine\n-----END CERTIFICATE-----\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What this machine trusts: one file, which the environment names."""
    path = tmp_path / "machine.pem"
    path.write_text(MACHINE)
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path


@pytest.fixture
def made(tmp_path: Path, machine: Path) -> Certificates:
    assert machine.exists()
    found = Certificates(tmp_path / "azure")
    found.make()
    return found


def test_the_authority_may_speak_for_this_machine_only_and_its_key_is_gone(made: Certificates) -> None:
    authority = x509.load_pem_x509_certificate((made.folder / "ca.pem").read_bytes())
    names = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical
    permitted = {str(name.value) for name in names.value.permitted_subtrees or ()}
    assert permitted == {"localhost", "127.0.0.1/32", "::1/128"}
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    keys = [path.name for path in made.folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == ["server.key"]
    own = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    own.verify_directly_issued_by(authority)
    assert own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    server_key = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_key.load_cert_chain(made.certificate, made.key)  # raises when they do not belong together


def test_only_the_owner_can_read_keys(made: Certificates) -> None:
    made.token_key()
    assert made.folder.stat().st_mode & 0o077 == 0
    for name in ("server.key", "tokens.key"):
        assert (made.folder / name).stat().st_mode & 0o777 == 0o600


def test_the_bundle_holds_what_the_machine_trusts_and_ours(made: Certificates, machine: Path) -> None:
    assert made.bundle.read_text().startswith(machine.read_text())
    assert made.bundle.read_text().endswith((made.folder / "ca.pem").read_text())
    assert trust.is_current(made.folder)


def test_what_is_there_stays_as_it_is(made: Certificates) -> None:
    before = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    Certificates(made.folder).make()
    assert {path.name: path.read_bytes() for path in made.folder.iterdir()} == before


def test_the_bundle_follows_the_machine(made: Certificates, machine: Path, tmp_path: Path) -> None:
    key = made.key.read_bytes()
    machine.write_text(MACHINE.replace("of the machine", "of tomorrow"))
    assert not trust.is_current(made.folder)
    made.make()
    assert "of tomorrow" in made.bundle.read_text()
    assert made.key.read_bytes() == key
    other = tmp_path / "other.pem"
    other.write_text(MACHINE.replace("machine", "company"))
    assert not trust.is_current(made.folder, {"SSL_CERT_FILE": str(other)})
    assert trust.is_current(made.folder, {"SSL_CERT_FILE": str(made.bundle)})
    assert trust.is_current(made.folder, {"SSL_CERT_FILE": str(tmp_path / "not there")})


def test_a_certificate_near_its_end_is_renewed_and_the_one_before_trusted_on(
    made: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (made.folder / "ca.pem").read_text()
    ends = certificates._ends(made.certificate)
    monkeypatch.setattr("time.time", lambda: ends - trust.SPARE_SECONDS + 1)
    assert not trust.is_current(made.folder)
    made.make()
    assert (made.folder / "ca.pem").read_text() != before
    assert before in made.bundle.read_text()
    assert (made.folder / "ca.pem").read_text() in made.bundle.read_text()


@pytest.mark.parametrize("name", ["bundle.pem", "bundle.json", "ca.pem", "server.key", "server.pem"])
def test_what_is_missing_or_broken_is_made_again(made: Certificates, name: str) -> None:
    (made.folder / name).write_bytes(b"") if name in ("server.pem", "bundle.json") else (made.folder / name).unlink()
    made.make()
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=(made.folder / "ca.pem").read_text())
    assert trust.is_current(made.folder)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)


def test_many_at_once_make_one_pair(tmp_path: Path, machine: Path) -> None:
    assert machine.exists()
    threads = [threading.Thread(target=Certificates(tmp_path / "azure").make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
        tmp_path / "azure" / "server.pem", tmp_path / "azure" / "server.key"
    )


def test_the_tenant_goes_with_the_key(tmp_path: Path) -> None:
    assert tenant_of(tmp_path / "one") == tenant_of(tmp_path / "one")
    assert tenant_of(tmp_path / "one") != tenant_of(tmp_path / "other")
