"""The certificates of the Azure edge: an authority of this home's own, and the server's certificate, made at first use.

Nothing is added to the system's trust: a job's environment names `bundle.pem`, which holds what the machine trusts and,
beside it, this authority.
"""

from __future__ import annotations

import fcntl
import importlib.util
import ipaddress
import os
import ssl
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from drivetrain.view.api.azure.hosts.names import certificate_names
from drivetrain.view.api.azure.identity.authority import tenant_id
from drivetrain.wire.trust import (
    BUNDLE,
    HOSTS,
    RECORD,
    SPARE_SECONDS,
    Source,
    Trusted,
    is_current,
    named_files,
    recorded,
    source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

DAYS = 825
"""The longest that common clients accept for a server's certificate."""
AUTHORITY_DAYS = 3650
NAMES = ("localhost", "127.0.0.1", "::1")
_OF_MACHINES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep what they trust: Debian, Fedora, SUSE, Alpine and macOS."""


class Certificates:
    """The files below `azure/` of a home."""

    names: tuple[str, ...] = NAMES
    """What the server's certificate is good for."""
    title = "Drivetrain (this home only)"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def bundle(self) -> Path:
        """What a client is to trust: this machine's authorities and ours."""
        return self.folder / BUNDLE

    @property
    def certificate(self) -> Path:
        """The server's."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.folder / "server.key"

    def make(self) -> None:
        """Make what is missing, would end within a month, or holds what the machine no longer trusts. Harmless when all
        is there; several processes may do so at once.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self.folder):
            if not self._is_good():
                self._renew()
            elif self._is_current():
                return
            self._bundle()

    def _is_current(self) -> bool:
        return is_current(self.folder)

    def _sources(self) -> list[Source]:
        return trusted_files(self.folder)

    def _is_good(self) -> bool:
        return self.key.exists() and self._authority.exists() and _ends(self.certificate) > time.time() + SPARE_SECONDS

    @property
    def _authority(self) -> Path:
        return self.folder / "ca.pem"

    def _renew(self) -> None:
        key, authority = _new_authority(self.title, self.names)
        own = ec.generate_private_key(ec.SECP256R1())
        if self._authority.exists():
            # A server that runs shows its certificate until it is restarted: who made that one is trusted on.
            _write(self.folder / "ca-before.pem", self._authority.read_bytes())
        _write(self.key, _private(own), 0o600)
        _write(self.certificate, _pem(_server_certificate(self.names, own, key, authority)) + _pem(authority))
        # The authority's own key is not kept: nobody can ever sign another certificate with it.
        _write(self._authority, _pem(authority))

    def _bundle(self) -> None:
        taken = self._sources()
        ours = [self._authority, self.folder / "ca-before.pem"]
        parts = [Path(each.path) for each in taken] + [path for path in ours if path.exists()]
        _write(self.bundle, b"".join(path.read_bytes().strip() + b"\n" for path in parts).lstrip())
        _write(self.folder / RECORD, msgspec.json.encode(Trusted(_ends(self.certificate), tuple(taken))))

    def token_key(self) -> rsa.RSAPrivateKey:
        """The key that tokens are signed with, made at first use."""
        path = self.folder / "tokens.key"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(self.folder):
                if not path.exists():
                    _write(path, _private(rsa.generate_private_key(65537, 2048)), 0o600)
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key")
        return key

    def storage_key(self) -> bytes:
        """The secret that the keys of storage accounts come from, made at first use."""
        return _read_or_make(self.folder / "storage.key", 32)

    def proxy_key(self) -> bytes:
        """The secret that signs what is shown to the proxy for Azure's host names, made at first use."""
        return _read_or_make(self.folder / "proxy.key", 32)


class HostCertificates(Certificates):
    """Those for Azure's own host names, below `azure/hosts/`: an authority of their own, which nobody trusts but jobs
    and commands that asked for it. Their bundle is the home's, and this authority.
    """

    names = certificate_names()
    title = "Drivetrain (Azure's host names, this home only)"

    def __init__(self, folder: Path) -> None:
        """`folder` is `azure/` of the home."""
        super().__init__(folder / HOSTS)
        self._main = Certificates(folder)

    def make(self) -> None:
        """As those of the home, which come first."""
        self._main.make()
        super().make()

    def ready(self) -> bytes:
        """Make them, and give the key that signs what is shown to the proxy."""
        self.make()
        return self._main.proxy_key()

    def _is_current(self) -> bool:
        found = recorded(self.folder)
        return self.bundle.exists() and found is not None and list(found.sources) == self._sources()

    def _sources(self) -> list[Source]:
        found = source(str(self._main.bundle))
        return [found] if found is not None else []


def _read_or_make(path: Path, size: int) -> bytes:
    """A secret of this many random bytes, made at first use."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, os.urandom(size), 0o600)
    return path.read_bytes()


def tenant_of(folder: Path) -> str:
    """The id of a home's tenant."""
    return tenant_id(Certificates(folder).token_key())


def _new_authority(title: str, names: Iterable[str]) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(title)
    builder = _builder(name, name, key.public_key(), AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    # Whoever got hold of the key before it was thrown away could speak for these names only.
    permitted = x509.NameConstraints(list(_general_names(names, constraint=True)), None)
    builder = builder.add_extension(permitted, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return key, builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256())


def _server_certificate(
    names: Sequence[str],
    own: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
) -> x509.Certificate:
    builder = _builder(_name(names[0]), authority.subject, own.public_key(), DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return builder.add_extension(issuer, critical=False).sign(key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names(names: Iterable[str], *, constraint: bool = False) -> Iterable[x509.GeneralName]:
    for name in names:
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            yield x509.DNSName(name.removeprefix("*.") if constraint else name)
        else:
            yield x509.IPAddress(ipaddress.ip_network(name) if constraint else address)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _ends(certificate: Path) -> float:
    """When a certificate ends, in seconds since 1970; 0 when there is none."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return 0.0
    return found.not_valid_after_utc.timestamp()


def trusted_files(folder: Path) -> list[Source]:
    """The files whose authorities clients are to trust beside ours: those of the machine, those that the environment
    names, and those that were named before and are still there.
    """
    before = recorded(folder)
    paths = [*named_files(folder), *(each.path for each in (before.sources if before else ()))]
    machine = [ssl.get_default_verify_paths().cafile or "", *_OF_MACHINES]
    paths += [path for path in machine if path and Path(path).is_file()][:1]
    found = [source(path) for path in dict.fromkeys(paths)]
    return [each for each in found if each is not None] or [each for each in (source(_certifi()),) if each is not None]


def _certifi() -> str:
    """A machine may have no such file; then what Python's packages trust counts."""
    found = importlib.util.find_spec("certifi")
    return str(Path(found.origin).with_name("cacert.pem")) if found and found.origin else ""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "certificates.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: PrivateKeyTypes) -> bytes:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form)


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    fresh.replace(path)
