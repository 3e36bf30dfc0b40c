"""Secrets at rest: sealed by a key that lies in the home folder, readable by its owner only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import CorruptError, UnavailableError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PREFIX = "sealed:"


class FileVault:
    """The Vault port: Fernet (AES-128-CBC with HMAC-SHA256) and a key file, made when first needed."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._fernet: Fernet | None = None

    def seal(self, text: str) -> str:
        """The sealed form: printable, on one line. Raises UnavailableError when the key cannot be kept."""
        return PREFIX + self._cipher(create=True).encrypt(text.encode("utf-8", "surrogateescape")).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text again. Raises CorruptError when it was not sealed by this key."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - only those who have secrets pay for it

        token = sealed.removeprefix(PREFIX).encode("utf-8", "replace") if sealed.startswith(PREFIX) else b""
        try:
            opened = self._cipher(create=False).decrypt(token)
        except InvalidToken:
            raise CorruptError(
                f"a secret cannot be opened: it was not sealed by the key in {self._key_file}",
                hint="put the key file of this home back, or run the pipeline again",
            ) from None
        return opened.decode("utf-8", "surrogateescape")

    def _cipher(self, *, create: bool) -> Fernet:
        from cryptography.fernet import Fernet  # noqa: PLC0415

        if self._fernet is None:
            try:
                self._fernet = Fernet(self._key(create=create))
            except ValueError as error:
                raise CorruptError(f"{self._key_file} is not a key", hint="put the right key file back") from error
        return self._fernet

    def _key(self, *, create: bool) -> bytes:
        try:
            return self._key_file.read_bytes().strip()
        except FileNotFoundError:
            if not create:
                raise CorruptError(f"{self._key_file} is missing", hint="put the key file of this home back") from None
        except OSError as error:
            raise UnavailableError(f"cannot read {self._key_file}: {error.strerror}") from error
        try:
            _create_key(self._key_file)
            return self._key_file.read_bytes().strip()
        except OSError as error:
            raise UnavailableError(f"cannot write {self._key_file}: {error.strerror}") from error


def _create_key(path: Path) -> None:
    """Make a whole key file appear at once, unless another process was quicker."""
    from cryptography.fernet import Fernet  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    import tempfile  # noqa: PLC0415 - a key is made once in the life of a home

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
