"""JSON by the quickest library that the user's environment has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable


def _quickest() -> tuple[Callable[[bytes], Any], Callable[[Any], bytes]]:
    try:
        import orjson
    except ImportError:
        pass
    else:
        return orjson.loads, orjson.dumps
    try:
        import msgspec
    except ImportError:
        return json.loads, _plain_dumps
    return msgspec.json.Decoder().decode, _plain_dumps


def _plain_dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


_loads, _dumps = _quickest()


def loads(body: bytes) -> Any:
    """The value; `NaN` and `Infinity` are understood, as Python's own clients write them. Raises Wrong."""
    try:
        return _loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"the body is not JSON: {str(error)[:200]}") from None


def dumps(value: Any) -> bytes:
    """JSON of an answer; numbers that JSON cannot write are null. Raises TypeError for what is no JSON."""
    try:
        return _dumps(value)
    except (ValueError, TypeError):
        return _plain_dumps(_strict(value))


def _strict(value: Any) -> Any:
    """The same in types of JSON: of numpy and pandas too, dates as ISO 8601."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else None
    if isinstance(value, dict):
        return {str(_strict(key)): _strict(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_strict(each) for each in value]
    return _foreign(value)


def _foreign(value: Any) -> Any:
    if hasattr(value, "tolist"):  # arrays and scalars of numpy, series of pandas
        plain = value.tolist()
        return str(value) if type(plain) is type(value) else _strict(plain)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        import base64

        return base64.b64encode(value).decode()
    if hasattr(value, "__dataclass_fields__") or hasattr(value, "model_dump"):
        return _strict(value.model_dump() if hasattr(value, "model_dump") else vars(value))
    raise TypeError(f"the model answered with a {type(value).__name__}, which is no JSON")
