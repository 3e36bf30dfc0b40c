"""Secrets at rest: sealed by a key that lies in the home folder, readable by its owner only.

The key file has one key a line. The first one seals; those after it were in use before, and only open what is not
sealed anew yet (store/rotation.py). Every process looks at the file again when it has changed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import CorruptError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.fernet import Fernet

PREFIX = "sealed:"
_CHANGING = ".changing-"


class _Keys(Struct, frozen=True):
    """The keys as they were read, and what the file looked like then."""

    look: tuple[int, int, int]
    fernets: tuple[Fernet, ...]
    """The newest first."""


class FileVault:
    """The Vault port: Fernet (AES-128-CBC with HMAC-SHA256) and a key file, made when first needed. Any thread may
    call it."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._keys: _Keys | None = None
        self._known: dict[str, Fernet] = {}

    def seal(self, text: str) -> str:
        """The sealed form: printable, on one line. Raises UnavailableError when the key cannot be kept."""
        newest = self._fernets(create=True)[0]
        return PREFIX + newest.encrypt(text.encode("utf-8", "surrogateescape")).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text again. Raises CorruptError when it was not sealed by this key."""
        opened = self.opened(sealed)
        if opened is None:
            raise CorruptError(
                f"a secret cannot be opened: it was not sealed by the key in {self._key_file}",
                hint="put the key file of this home back, or run the pipeline again",
            )
        return opened[0]

    def opened(self, sealed: str) -> tuple[str, bool] | None:
        """The text, and whether the newest key had sealed it; None when no key has. Raises CorruptError when there is
        no key file."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - only those who have secrets pay for it

        token = sealed.removeprefix(PREFIX).encode("utf-8", "replace") if sealed.startswith(PREFIX) else b""
        for place, fernet in enumerate(self._fernets(create=False)):
            try:
                return fernet.decrypt(token).decode("utf-8", "surrogateescape"), place == 0
            except InvalidToken:
                continue
        return None

    def sealed_anew(self, sealed: str) -> str | None:
        """The same secret sealed by the newest key; None when it is so already, or was not sealed here."""
        opened = self.opened(sealed)
        return None if opened is None or opened[1] else self.seal(opened[0])

    # Changing the key: used by store/rotation.py, which holds the lock.

    def keys(self) -> Sequence[str]:
        """The keys as they are kept, the newest first; none when there is no file yet. Raises CorruptError,
        UnavailableError."""
        if not self._key_file.exists():
            return ()
        self._fernets(create=False)
        return tuple(_lines(self._read()))

    def add_key(self) -> None:
        """Seal by a new key from now on; what was sealed before still opens."""
        from cryptography.fernet import Fernet  # noqa: PLC0415

        self._replace([Fernet.generate_key().decode("ascii"), *self.keys()])

    def forget_old_keys(self) -> None:
        """Keep only the newest key."""
        self._replace(self.keys()[:1])

    def tidy(self) -> None:
        """Remove what a process has left that was killed while it changed the key."""
        for left_over in self._key_file.parent.glob(f"{self._key_file.name}{_CHANGING}*"):
            left_over.unlink(missing_ok=True)

    def _replace(self, keys: Sequence[str]) -> None:
        import tempfile  # noqa: PLC0415 - a key is changed seldom

        self._key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.tidy()
        prefix = f"{self._key_file.name}{_CHANGING}"
        descriptor, name = tempfile.mkstemp(dir=self._key_file.parent, prefix=prefix)  # 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.writelines(f"{key}\n" for key in keys)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._key_file)
        except OSError as error:
            Path(name).unlink(missing_ok=True)
            raise UnavailableError(f"cannot write {self._key_file}: {error.strerror}") from error
        _sync_folder(self._key_file.parent)

    # The key file.

    def _fernets(self, *, create: bool) -> tuple[Fernet, ...]:
        from cryptography.fernet import Fernet  # noqa: PLC0415

        kept, look = self._keys, self._look()
        if kept is not None and look == kept.look:
            return kept.fernets
        try:
            keys = tuple(_lines(self._key(create=create)))
            fernets = tuple(Fernet(key) for key in keys)
        except ValueError as error:
            raise CorruptError(f"{self._key_file} is not a key", hint="put the right key file back") from error
        if not fernets:
            raise CorruptError(f"{self._key_file} is not a key", hint="put the right key file back")
        # What was read from the store a moment ago may be sealed by a key that is gone now.
        fernets += tuple(known for key, known in self._known.items() if key not in keys)
        self._known |= dict(zip(keys, fernets, strict=False))
        # The look from before the reading: a change between the two is seen the next time.
        self._keys = _Keys(look, fernets) if any(look) else None
        return fernets

    def _look(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._key_file)  # noqa: PTH116 - asked for often
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _read(self) -> bytes:
        try:
            return self._key_file.read_bytes()
        except FileNotFoundError:
            raise CorruptError(f"{self._key_file} is missing", hint="put the key file of this home back") from None
        except OSError as error:
            raise UnavailableError(f"cannot read {self._key_file}: {error.strerror}") from error

    def _key(self, *, create: bool) -> bytes:
        if create and not self._key_file.exists():
            try:
                _create_key(self._key_file)
            except OSError as error:
                raise UnavailableError(f"cannot write {self._key_file}: {error.strerror}") from error
        return self._read()


def _lines(text: bytes) -> list[str]:
    return [line.strip() for line in text.decode("ascii", "replace").splitlines() if line.strip()]


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


def _sync_folder(folder: Path) -> None:
    """What was renamed in it stays so across a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
