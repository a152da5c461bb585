"""The value notation: every value of DataJoint's model as JSON text, without loss. The crates print and read the same.

``write`` tells what Python holds, by its exact type; ``read`` makes Python's value of such a text. They are written from the
notation's description alone, so that what both sides call equal is equal. A stored file is told by its contents.
"""

from __future__ import annotations

import base64
import collections.abc
import datetime
import decimal
import hashlib
import json
import math
import uuid

import numpy as np
from datajoint.blob import MatCell, MatStruct
from datajoint.objectref import ObjectRef

DATES = {"$date": datetime.date, "$time": datetime.time, "$datetime": datetime.datetime}


def write(value) -> str:
    """The text of a value. Fails for a type that the model has not."""
    return json.dumps(_tell(value), allow_nan=False)


def read(text: str):
    """The value of a text."""
    return _make(json.loads(text))


def _text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _tell_int(value: int):
    return value if abs(value) < 2**53 else {"$int": str(value)}


def _tell_float(value: float):
    if math.isfinite(value):
        return value
    return {"$float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}


def _tell(value):
    match value:
        case None | bool():
            return value
        case np.ndarray() | np.generic():
            return _tell_array(np.asanyarray(value))
        case int():
            return _tell_int(int(value))
        case float():
            return _tell_float(float(value))
        case complex():
            return {"$complex": [_tell_float(value.real), _tell_float(value.imag)]}
        case str():
            return str(value)
        case bytes() | bytearray():
            return {"$bytes": _text64(bytes(value))}
        case decimal.Decimal():
            return {"$decimal": str(value)}
        case uuid.UUID():
            return {"$uuid": str(value)}
        case datetime.datetime():
            return {"$datetime": value.isoformat()}
        case datetime.date():
            return {"$date": value.isoformat()}
        case datetime.time():
            return {"$time": value.isoformat()}
        case ObjectRef():
            return _tell_object(value)
        case collections.abc.Mapping():
            if all(type(key) is str and not key.startswith("$") for key in value):
                return {key: _tell(item) for key, item in value.items()}
            return {"$dict": [[_tell(key), _tell(item)] for key, item in value.items()]}
        case collections.abc.Set():
            return {"$set": [_tell(item) for item in value]}
        case collections.abc.MutableSequence():
            return [_tell(item) for item in value]
        case collections.abc.Sequence():
            return {"$tuple": [_tell(item) for item in value]}
    raise TypeError(f"{type(value).__name__} has no notation")


def _tell_array(array: np.ndarray) -> dict:
    shape = list(array.shape)
    if isinstance(array, MatStruct):
        items = [[_tell(row[name]) for name in array.dtype.names] for row in array.reshape(-1)]
        return {"$struct": {"shape": shape, "fields": list(array.dtype.names), "items": items}}
    if isinstance(array, MatCell):
        return {"$cell": {"shape": shape, "items": [_tell(item) for item in _items(array)]}}
    if array.dtype.names:
        fields = [[name, _tell_array(np.asarray(array[name]))] for name in array.dtype.names]
        return {"$record": {"shape": shape, "fields": fields}}
    if array.dtype.kind in "OU":
        return {"$array": {"dtype": array.dtype.str, "shape": shape, "items": [_tell(item) for item in _items(array)]}}
    array = array.astype(array.dtype.newbyteorder("<"))
    return {"$array": {"dtype": array.dtype.str, "shape": shape, "data": _text64(array.tobytes())}}


def _items(array: np.ndarray) -> list:
    """The items in C order. Those of a cell array would be viewed as cells of their own."""
    flat = np.asarray(array).reshape(-1)
    return [flat[at] if array.dtype.kind == "O" else flat[at].item() for at in range(flat.size)]


def _tell_object(ref: ObjectRef) -> dict:
    """What a handle reads, through the operations that a user has."""
    ref.verify()
    name = ref.path.rsplit("/", 1)[-1]
    if not ref.is_dir:
        return {"$file": _file(name, ref.read())}
    files = []
    for folder, _, names in ref.walk():
        for name in names:
            path = f"{folder}/{name}".lstrip("/")
            with ref.open(path) as opened:
                told = _file(path, opened.read())
            files.append([told["name"], told["size"], told["sha256"]])
    return {"$folder": {"files": sorted(files, key=lambda one: one[0].encode())}}


def _file(name: str, data: bytes) -> dict:
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def file(name: str, data: bytes) -> str:
    """The text of a file with this name and these contents."""
    return json.dumps({"$file": _file(name, data)})


def _make(told):
    if isinstance(told, list):
        return [_make(item) for item in told]
    if not isinstance(told, dict):
        return told
    if len(told) != 1 or not next(iter(told)).startswith("$"):
        return {key: _make(item) for key, item in told.items()}
    ((kind, body),) = told.items()
    match kind:
        case "$int":
            return int(body)
        case "$float":
            return float(body)
        case "$complex":
            return complex(*(_make(part) for part in body))
        case "$bytes":
            return base64.b64decode(body, validate=True)
        case "$tuple":
            return tuple(_make(item) for item in body)
        case "$set":
            return {_make(item) for item in body}
        case "$dict":
            return {_make(key): _make(item) for key, item in body}
        case "$uuid":
            return uuid.UUID(body)
        case "$decimal":
            return decimal.Decimal(body)
        case "$date" | "$time" | "$datetime":
            return DATES[kind].fromisoformat(body)
        case "$array":
            return _make_array(body)
        case "$record":
            fields = [(name, _make(field)) for name, field in body["fields"]]
            array = np.empty(body["shape"], [(name, field.dtype) for name, field in fields])
            for name, field in fields:
                array[name] = field
            return array
        case "$cell":
            return _objects(body["shape"], map(_make, body["items"])).view(MatCell)
        case "$struct":
            rows = [tuple(_make(item) for item in row) for row in body["items"]]
            array = np.array(rows, dtype=[(name, object) for name in body["fields"]])
            return array.reshape(body["shape"]).view(MatStruct)
    raise ValueError(f"{kind} is no notation of a value that Python makes")


def _make_array(body: dict) -> np.ndarray:
    dtype = np.dtype(body["dtype"])
    if dtype.kind == "O":
        return _objects(body["shape"], map(_make, body["items"]))
    if dtype.kind == "U":
        return np.array(body["items"], dtype=dtype).reshape(body["shape"])
    return np.frombuffer(base64.b64decode(body["data"], validate=True), dtype).reshape(body["shape"]).copy()


def _objects(shape: list[int], items) -> np.ndarray:
    items = list(items)
    array = np.empty(len(items), object)
    for at, item in enumerate(items):
        array[at] = item
    return array.reshape(shape)
