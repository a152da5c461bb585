#!/usr/bin/env python3
"""Python DataJoint as a program that another one drives: a JSON object a line in, one a line out.

Started in a folder with a ``datajoint.json`` (``workspace.py`` makes it), in the environment of ``environment.py``. A request is
``{"op": NAME, ...}``; the answer is ``{"ok": true, ...}`` or ``{"ok": false, "error": "Type: text"}``. Key values are plain JSON, or
``{"$date"|"$datetime"|"$time"|"$decimal"|"$uuid"|"$float": "..."}``; an array is ``{"$npy": "FILE"}``, a file or folder ``{"$path":
"PATH"}``, a value of ``values.py`` ``{"$value": "NAME"}``, any other value ``{"$notation": "TEXT"}`` (``notation.py``). Notation travels as
text within JSON, so that no reader of JSON on the way changes it. What a column of bytes holds is ``{"$bytes": "BASE64"}``.
What the operations do, take and give stands in their docstrings below. The end of standard input ends the program.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import functools
import importlib.metadata
import json
import os
import sys
import uuid
import warnings
from pathlib import Path

from answers import serve

# zarr warns of every type that its specification does not name yet.
warnings.filterwarnings("ignore", module="zarr")

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402
import tensorstore  # noqa: E402
import zarr  # noqa: E402
import zarrs  # noqa: E402, F401

import anscombe_filter  # noqa: E402
import arrays  # noqa: E402
import movies  # noqa: E402
import notation  # noqa: E402
import photon_codec  # noqa: E402
import picture  # noqa: E402
import values  # noqa: E402
import zarr_codec  # noqa: E402, F401

@functools.cache
def _named() -> dict:
    """The values of ``values.py``, by name."""
    return dict(values.cases())


TYPED = {
    "$date": datetime.date.fromisoformat,
    "$datetime": datetime.datetime.fromisoformat,
    "$time": datetime.time.fromisoformat,
    "$decimal": decimal.Decimal,
    "$uuid": uuid.UUID,
    "$float": float,
    "$npy": lambda file: np.load(file, allow_pickle=False),
    "$path": Path,
    "$value": lambda name: _named()[name],
    "$notation": notation.read,
}


def _value(told):
    """A value as DataJoint takes it, from its notation."""
    if isinstance(told, dict):
        ((kind, text),) = told.items()
        return TYPED[kind](text)
    return told


def _values(told: dict) -> dict:
    return {name: _value(value) for name, value in told.items()}


def _held(stored):
    """What a column holds, as JSON: bytes in a wrapper, the text of a document as the document."""
    if isinstance(stored, bytes | bytearray | memoryview):
        return {"$bytes": base64.b64encode(stored).decode()}
    return None if stored is None else json.loads(stored)


def _to_hold(told):
    """The other way: a parameter of SQL."""
    if isinstance(told, dict) and set(told) == {"$bytes"}:
        return base64.b64decode(told["$bytes"], validate=True)
    return None if told is None else json.dumps(told)


def _save(array: np.ndarray, out: str) -> dict:
    array = np.asanyarray(array)
    np.save(out, array, allow_pickle=False)
    return {"dtype": str(array.dtype), "shape": list(array.shape)}


def _described(folder: Path, name: str, array: np.ndarray) -> dict:
    """Writes an array and its elements alone, and tells what it is."""
    file, elements = folder / f"{name}.npy", folder / f"{name}.elements"
    np.save(file, array, allow_pickle=False)
    elements.write_bytes(array.tobytes())
    return {
        "name": name,
        "file": str(file),
        "elements": str(elements),
        "dtype": str(array.dtype),
        "kind": array.dtype.kind,
        "shape": list(array.shape),
        "fortran": array.flags.f_contiguous and not array.flags.c_contiguous,
        "bytes": array.nbytes,
        "itemsize": array.dtype.itemsize,
        "fields": array.dtype.fields
        and [[name, *_field(array.dtype.fields[name])] for name in array.dtype.names],
    }


def _field(described: tuple) -> tuple[str, int]:
    """The type of a structure's field, and where it begins."""
    return described[0].str, described[1]


class Peer:
    """The operations."""

    def __init__(self) -> None:
        dj.config.safemode = False
        self.tables: dict[str, dj.Table] = {}
        self.schema = None

    @property
    def connection(self):
        return dj.conn()

    def hello(self) -> dict:
        """Gives the versions, this Python, the backend and the stores' names."""
        names = [name for name in dj.config.stores if isinstance(dj.config.stores[name], dict)]
        return {
            "python": sys.version.split()[0],
            "executable": sys.executable,
            "versions": {
                name: importlib.metadata.version(name)
                for name in ("datajoint", "numpy", "zarr", "tensorstore", "zarrs", "anscombe_transform", "s3fs")
            },
            "backend": dj.config.database.backend,
            "stores": names,
        }

    def arrays(self, folder: str) -> dict:
        """Writes each array of ``arrays.py`` to ``folder/NAME.npy``, and its elements alone, in C order, to ``NAME.elements``;
        gives name, both files, dtype (``str``), kind, shape, fortran, bytes, itemsize, fields (name, type, offset; or null)."""
        return {"arrays": [_described(Path(folder), name, array) for name, array in arrays.cases()]}

    def movies(self, folder: str) -> dict:
        """The same with ``movies.py``; gives the counts, and what NumPy makes of them by the Anscombe transform."""
        counts, stabilized = [], []
        for name, movie in movies.cases():
            counts.append(_described(Path(folder), name, movie))
            transformed = photon_codec.generalized_anscombe(movie)
            stabilized.append(_described(Path(folder), f"{name}.stabilized", transformed))
        return {"counts": counts, "stabilized": stabilized}

    def declare(self, schema: str, tables: dict) -> dict:
        """Declares a schema (a new one) with tables, by class name; gives their names in the database."""
        self.schema = dj.Schema(schema)
        for name, definition in tables.items():
            made = type(name, (dj.Manual,), {"definition": definition})
            self.tables[name] = self.schema(made)()
        return {
            "tables": {
                name: {"table": table.table_name, "primary_key": table.primary_key}
                for name, table in self.tables.items()
            }
        }

    def insert(self, table: str, row: dict) -> dict:
        """Inserts a row through DataJoint."""
        self.tables[table].insert1(_values(row))
        return {}

    def fetch1(self, table: str, key: dict, field: str, out: str, mmap: bool = False) -> dict:
        """Fetches one value; an array is saved to ``out``. Gives null, or class, dtype (null where
        DataJoint cannot say it) and shape as the lazy value says."""
        value = (self.tables[table] & _values(key)).fetch1(field)
        if value is None:
            return {"null": True}
        try:
            dtype = str(value.dtype)
        except TypeError:
            # A structured type: the record has its text, which numpy.dtype does not take.
            dtype = None
        told = {"class": type(value).__name__, "dtype": dtype, "shape": list(value.shape)}
        if isinstance(value, zarr.Array):
            told["attributes"] = value.attrs.asdict()
            array = value[...]
        else:
            array = value.load(mmap_mode="r" if mmap else None)
        _save(array, out)
        return {"null": False, **told}

    def _where(self, key: dict) -> tuple[str, list]:
        quote = self.connection.adapter.quote_identifier
        return " AND ".join(f"{quote(name)} = %s" for name in key), [self._parameter(value) for value in key.values()]

    def _parameter(self, told):
        value = _value(told)
        if isinstance(value, uuid.UUID) and dj.config.database.backend == "mysql":
            return value.bytes
        return value

    def values(self) -> dict:
        """Gives each value of ``values.py``: its name, and its notation."""
        return {"values": [{"name": name, "value": notation.write(value)} for name, value in _named().items()]}

    def fetch_value(self, table: str, key: dict, field: str) -> dict:
        """Fetches one value as a user does. Gives its notation, where a stored file is told by what its handle reads and
        verifies; and the type's name."""
        value = (self.tables[table] & _values(key)).fetch1(field)
        told = {"class": type(value).__name__}
        if value is not None and self.tables[table].heading[field].codec.name == "attach":
            return {**told, "value": notation.file(Path(value).name, Path(value).read_bytes()), "path": value}
        if isinstance(value, dj.objectref.ObjectRef):
            told |= {"size": value.size, "ext": value.ext, "is_dir": value.is_dir, "item_count": value.item_count}
        return {**told, "value": notation.write(value)}

    def pass_on(self, table: str, field: str, keys: list) -> dict:
        """Fetches the value of each row and inserts it into a new row: ``keys`` are pairs of the row's key and the new one's.
        Gives the notation of each, or the error that stopped that one."""
        told = []
        for key, new in keys:
            try:
                value = (self.tables[table] & _values(key)).fetch1(field)
                text = notation.write(value)
                self.tables[table].insert1({**_values(new), field: value})
                told.append({"value": text})
            except Exception as error:  # of one value among many
                told.append({"error": f"{type(error).__name__}: {error}"})
        return {"rows": told}

    def staged(self, table: str, row: dict, field: str, ext: str, parts: dict) -> dict:
        """Inserts a row whose object is written straight into the store: ``parts`` has the contents (base64) of one file with
        an empty path, or of the files of a folder by their paths."""
        with self.tables[table].staged_insert1 as staged:
            for name, value in _values(row).items():
                staged.rec[name] = value
            if set(parts) == {""}:
                with staged.open(field, ext) as opened:
                    opened.write(base64.b64decode(parts[""]))
            else:
                mapping = staged.store(field, ext)
                for path, data in parts.items():
                    mapping[path] = base64.b64decode(data)
        return {}

    def set_download(self, folder: str) -> dict:
        """Where ``<attach>`` puts what is fetched."""
        dj.config.download_path = folder
        return {}

    def raw(self, table: str, key: dict, field: str) -> dict:
        """Gives what the database holds in a column of JSON or bytes, read by SQL alone; null where it is NULL."""
        (row,) = self.raw_many(table, [key], field)["records"]
        return {"record": row}

    def raw_many(self, table: str, keys: list, field: str) -> dict:
        """The same of several rows."""
        adapter = self.connection.adapter
        text = column = adapter.quote_identifier(field)
        if self.tables[table].heading[field].json:
            postgresql = dj.config.database.backend == "postgresql"
            text = f"{column}::text" if postgresql else f"CAST({column} AS CHAR)"
        records = []
        for key in keys:
            where, parameters = self._where(key)
            sql = f"SELECT {text} FROM {self.tables[table].full_table_name} WHERE {where}"
            rows = self.connection.query(sql, args=parameters).fetchall()
            if len(rows) != 1:
                raise LookupError(f"{len(rows)} rows of {table} at {key}")
            records.append(_held(rows[0][0]))
        return {"records": records}

    def put_raw(self, table: str, key: dict, fields: dict) -> dict:
        """Inserts a row by SQL alone: key values, and what the columns hold as it stands."""
        return self.put_many(table, [{"key": key, "fields": fields}])

    def put_many(self, table: str, rows: list) -> dict:
        """The same with several rows."""
        quote = self.connection.adapter.quote_identifier
        for row in rows:
            columns = ", ".join(quote(name) for name in [*row["key"], *row["fields"]])
            parameters = [self._parameter(value) for value in row["key"].values()]
            parameters += [_to_hold(stored) for stored in row["fields"].values()]
            marks = ", ".join(["%s"] * len(parameters))
            self.connection.query(
                f"INSERT INTO {self.tables[table].full_table_name} ({columns}) VALUES ({marks})", args=parameters
            )
        return {}

    def delete_raw(self, table: str, key: dict) -> dict:
        """Deletes a row by SQL alone: its objects stay."""
        where, parameters = self._where(key)
        self.connection.query(f"DELETE FROM {self.tables[table].full_table_name} WHERE {where}", args=parameters)
        return {}

    def open_zarr(self, library: str, out: str, path: str, store: str | None = None) -> dict:
        """Reads a Zarr array by one library (zarr, tensorstore, zarrs): a folder, or a path in a store. Saves it to ``out``."""
        spec = dj.config.get_store_spec(store) if store else None
        if spec and spec["protocol"] == "file":
            path, spec = str(Path(spec["location"]) / path), None
        return _save(getattr(self, f"_open_by_{library}")(path, store, spec), out)

    @staticmethod
    def _open_by_zarr(path: str, store: str | None, spec: dict | None) -> np.ndarray:
        if spec is None:
            return zarr.open_array(path, mode="r")[...]
        from datajoint.hash_registry import get_store_backend

        return zarr.open_array(get_store_backend(store).get_fsmap(path), mode="r")[...]

    @staticmethod
    def _open_by_zarrs(path: str, store: str | None, spec: dict | None) -> np.ndarray:
        if spec is not None:
            raise ValueError("zarrs reads folders only here: its Python pipeline has no S3")
        # Strict: what zarrs cannot do is an error, not done by zarr-python instead.
        with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "codec_pipeline.strict": True}):
            return zarr.open_array(path, mode="r")[...]

    @staticmethod
    def _open_by_tensorstore(path: str, store: str | None, spec: dict | None) -> np.ndarray:
        if spec is None:
            kvstore = {"driver": "file", "path": path + "/"}
            driver = "zarr3" if (Path(path) / "zarr.json").exists() else "zarr"
        else:
            os.environ["AWS_ACCESS_KEY_ID"] = spec["access_key"]
            os.environ["AWS_SECRET_ACCESS_KEY"] = spec["secret_key"]
            kvstore = {
                "driver": "s3",
                "bucket": spec["bucket"],
                "path": f"{spec['location']}/{path}/",
                "endpoint": f"http{'s' if spec['secure'] else ''}://{spec['endpoint']}",
                "aws_region": "us-east-1",
                "aws_credentials": {"type": "environment"},
            }
            driver = "zarr3"
        opened = tensorstore.open({"driver": driver, "kvstore": kvstore}, open=True, read=True).result()
        return np.asarray(opened.read().result())

    def write_anscombe(self, store: str, path: str, array: str, out: str, codec: dict, **layout) -> dict:
        """Writes an array with the codec ``anscombe-v1`` of anscombe-transform to a path in a store: ``codec`` is its configuration,
        ``layout`` has ``zarr_format``, ``chunks`` and perhaps ``shards``. Saves what Python itself reads back to ``out``, and
        gives null, or the error that stopped it reading."""
        from datajoint.hash_registry import get_store_backend

        folder = get_store_backend(store).get_fsmap(path)
        layout.setdefault("shards", None)
        anscombe_filter.write(folder, np.load(array, allow_pickle=False), configuration=codec, **layout)
        try:
            _save(zarr.open_array(folder, mode="r")[...], out)
        except Exception as error:  # what the package writes and cannot read
            return {"unreadable": f"{type(error).__name__}: {error}"}
        return {"unreadable": None}

    def estimate_noise(self, movie: str) -> dict:
        """Gives the conversion gain and the zero level of a movie that anscombe-transform estimates."""
        return anscombe_filter.noise(np.load(movie, allow_pickle=False))

    def check_picture(self, png: str, movie: str, projection: str) -> dict:
        """Whether a PNG shows a projection (``mean``, ``max``, or the index of a frame) of a movie: its size, and each pixel the
        brighter the greater the value is. Gives equal and why not."""
        why = picture.differs(Path(png).read_bytes(), np.load(movie, allow_pickle=False), projection)
        return {"equal": why is None, "why": why}

    def equal(self, a: str, b: str, any_byte_order: bool = False) -> dict:
        """Whether two .npy files hold the same array: type, shape and every bit of every element. Gives equal and why not."""
        left, right = np.load(a, allow_pickle=False), np.load(b, allow_pickle=False)
        if any_byte_order:
            left = left.astype(left.dtype.newbyteorder("="))
            right = right.astype(right.dtype.newbyteorder("="))
        if left.dtype != right.dtype:
            why = f"dtype {left.dtype.str} and {right.dtype.str}"
        elif left.shape != right.shape:
            why = f"shape {left.shape} and {right.shape}"
        elif left.tobytes() != right.tobytes():
            width = max(left.dtype.itemsize, 1)
            one, other = left.tobytes(), right.tobytes()
            first = next(at for at in range(len(one)) if one[at] != other[at]) // width
            why = f"element {first} of {left.size} (in C order): {left.ravel()[first]!r} and {right.ravel()[first]!r}"
        else:
            return {"equal": True}
        return {"equal": False, "why": why}

    def drop(self) -> dict:
        """Drops the schema."""
        self.schema.drop(prompt=False)
        self.tables.clear()
        return {}


OPERATIONS = [
    *("hello", "declare", "drop"),
    *("arrays", "movies", "values", "insert", "staged", "set_download", "fetch1", "fetch_value", "pass_on"),
    *("raw", "raw_many", "put_raw", "put_many", "delete_raw", "open_zarr", "equal"),
    *("write_anscombe", "estimate_noise", "check_picture"),
]


if __name__ == "__main__":
    serve(Peer(), OPERATIONS)
