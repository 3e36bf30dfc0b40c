"""What a remote's refusal means, in words, and what to do about it. Pure.

git and svn say what went wrong in their own words, which are the same for everybody because both run in the C locale.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drivetrain.source.access import Access


class Refusal(NamedTuple):
    """What git's or svn's words mean."""

    words: str
    hint: str


_UNKNOWN = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|returned error: 401|E170001|E215004|"
    r"HTTP Basic: Access denied",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(r"returned error: 403|E175013|access .*forbidden|not authorized", re.IGNORECASE)
_MISSING = re.compile(r"Repository not found|repository '.*' not found|returned error: 404", re.IGNORECASE)
_HOST_KEY = re.compile(r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED", re.IGNORECASE)
_PUBLIC_KEY = re.compile(r"Permission denied \([a-z,-]*publickey", re.IGNORECASE)
_BAD_KEY = re.compile(r"Load key .*: (?:invalid format|error in libcrypto)", re.IGNORECASE)
_CERTIFICATE = re.compile(r"certificate problem|certificate verif|E230001|unable to get local issuer", re.IGNORECASE)
_OF_SVN = re.compile(r"E230001: .*?verification failed: (?P<why>[^\n]*)")
_CONNECT = "drivetrain project add URL --connection NAME; or git's own credential helper, or ~/.netrc"


def refusal(said: str, host: str, access: Access | None) -> Refusal | None:
    """What the words of a failed command mean; None when they speak of nothing that a connection can mend."""
    if _HOST_KEY.search(said):
        return _host_key(host, access)
    if _BAD_KEY.search(said):
        return Refusal(f"{_whose(access)}: its private key cannot be read", _again(access, "privateKey"))
    if _PUBLIC_KEY.search(said):
        hint = f"give {host} its public key, as a deploy key or a key of the user; it must have no passphrase"
        return Refusal(f"{host} does not take the key of {_whose(access)}", hint)
    if _CERTIFICATE.search(said):
        return _certificate(said, host)
    if _FORBIDDEN.search(said):
        return Refusal(f"{_whose(access)} may not read it at {host} (403)", _right(access))
    if _MISSING.search(said):
        hint = f"check the address; {_right(access)}" if access else f"check the address; if it is private: {_CONNECT}"
        return Refusal(f"{host} shows no such repository to {_whose(access)} (404)", hint)
    if _UNKNOWN.search(said):
        return _unknown(host, access)
    return None


def _certificate(said: str, host: str) -> Refusal:
    words, trust = f"the certificate of {host} is not trusted", "have the system trust its authority, or name"
    found = _OF_SVN.search(said)
    if found is None:
        return Refusal(words, f"{trust} that in git's http.sslCAInfo")
    if "different hostname" in found["why"]:
        return Refusal(f"{words}: {found['why']}", "use the name of the host that it was issued for")
    return Refusal(f"{words}: {found['why']}", f"{trust} its file at ssl-authority-files in ~/.subversion/servers")


def _unknown(host: str, access: Access | None) -> Refusal:
    if access is None:
        return Refusal(f"{host} wants to know who asks (401)", _CONNECT)
    if access.anonymous:
        hint = "a pull request from a fork gets nobody's credentials; see the fork policy of its project"
        return Refusal(f"{host} wants to know who asks (401)", hint)
    words = f"{host} does not take the credentials of {_whose(access)} (401)"
    return Refusal(words, f"are they right, and has the token not ended? {_again(access, 'NAME')}")


def _host_key(host: str, access: Access | None) -> Refusal:
    words = f"the key that {host} shows is not one that {_whose(access)} knows: it is not talked to"
    if access is None or access.key is None:
        return Refusal(words, f"if it is right: ssh-keyscan {host} >> ~/.ssh/known_hosts")
    update = f"drivetrain connection update '{access.connection}' --parameter knownHosts="
    return Refusal(words, f"compare it with what the host publishes; then {update}'...' (ssh-keyscan {host})")


def _whose(access: Access | None) -> str:
    if access is None:
        return "your own git"
    return f"connection '{access.connection}'" if access.connection else "anybody"


def _again(access: Access | None, name: str) -> str:
    return f"drivetrain connection update '{access.connection}' --secret {name}" if access else "check it"


def _right(access: Access | None) -> str:
    if access is None:
        return _CONNECT
    return f"'{access.connection}' needs {access.needs or 'the right to read it'}"
