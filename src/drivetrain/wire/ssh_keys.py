"""Private keys with a passphrase, opened: ssh itself would ask for it on a terminal."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from drivetrain.source.access import NoAccessError

OPENSSH = "BEGIN OPENSSH PRIVATE KEY"


def opened(private: str, passphrase: str, connection: str) -> str:
    """The key without its passphrase. Raises NoAccessError."""
    load = load_ssh_private_key if OPENSSH in private else load_pem_private_key
    try:
        key = load(f"{private.strip()}\n".encode(), passphrase.encode())
        return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    except (ValueError, TypeError) as error:
        words = f"connection '{connection}': its passphrase does not open its private key"
        hint = f"drivetrain connection update '{connection}' --secret password"
        raise NoAccessError(words, hint=hint) from error
