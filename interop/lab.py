"""What the programs share that fill a schema for the tests of `audit`, `verify` and `migrate`: SQL behind DataJoint's back."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import datajoint as dj
import numpy as np


class Lab:
    """A new schema in the database of the configuration, and the stores that are folders."""

    def __init__(self, program: str, schema: str) -> None:
        self.program, self.name = program, schema
        dj.config.safemode = False
        self.schema = dj.Schema(schema)
        self.postgresql = dj.config["database.backend"] == "postgresql"
        self.stores = {name: Path(dj.config.stores[name]["location"]) for name in ("local", "shelf")}
        self.tables: dict[str, type[dj.Table]] = {}
        self.folder = Path(tempfile.mkdtemp())

    def declare(self, name: str, tier: type, definition: str) -> None:
        made = type(name, (tier,), {"definition": definition})
        self.tables[name] = self.schema(made, context=dict(self.tables))

    def close(self) -> None:
        shutil.rmtree(self.folder)

    def full(self, table: str) -> str:
        return self.tables[table]().full_table_name

    def quoted(self, name: str) -> str:
        return f'"{name}"' if self.postgresql else f"`{name}`"

    def where(self, key: dict) -> tuple[str, list]:
        return " AND ".join(f"{self.quoted(name)}=%s" for name in key), list(key.values())

    def stored(self, table: str, key: dict, field: str):
        """What a column holds: a record, or bytes."""
        text, values = self.where(key)
        sql = f"SELECT {self.quoted(field)} FROM {self.full(table)} WHERE {text}"
        (held,) = dj.conn().query(sql, args=values).fetchone()
        return json.loads(held) if isinstance(held, str) else held

    def put(self, table: str, key: dict, field: str, held) -> None:
        """Has a column hold this: bytes, or a document."""
        text, values = self.where(key)
        if isinstance(held, dict | list | str):
            held = json.dumps(held)
        sql = f"UPDATE {self.full(table)} SET {self.quoted(field)}=%s WHERE {text}"
        dj.conn().query(sql, args=[held, *values])

    def path(self, record: dict) -> Path:
        """The file or folder of a record."""
        return self.stores[record["store"]] / record["path"]

    def encode(self, spec: str, table: str, key: dict, field: str, array: np.ndarray, *more: str) -> dict:
        """What our side has the column hold for an array."""
        file = self.folder / "array.npy"
        np.save(file, array)
        arguments = [self.program, "encode", spec, "--schema", self.name, "--field", field]
        arguments += ["--table", self.tables[table]().table_name, "--npy", str(file), *more]
        for name, value in key.items():
            arguments += [f"--key={name}={value}", f"--key-type={name}=str"]
        ran = subprocess.run(arguments, check=True, capture_output=True, text=True)
        return json.loads(ran.stdout)

    def users(self) -> dict:
        """Makes a user who may only read the schema, and one who may not even that; gives their URLs."""
        told = {}
        for name in ("reader", "stranger"):
            user = f"{name}_{self.name}"
            if self.postgresql:
                dj.conn().query(f"DROP ROLE IF EXISTS {user}")
                dj.conn().query(f"CREATE ROLE {user} LOGIN PASSWORD 'only {name}'")
            else:
                dj.conn().query(f"DROP USER IF EXISTS {user}")
                dj.conn().query(f"CREATE USER {user} IDENTIFIED BY 'only {name}'")
            told[name] = url(user, f"only%20{name}")
        if self.postgresql:
            dj.conn().query(f"GRANT USAGE ON SCHEMA {self.name} TO reader_{self.name}")
            dj.conn().query(f"GRANT SELECT ON ALL TABLES IN SCHEMA {self.name} TO reader_{self.name}")
        else:
            dj.conn().query(f"GRANT SELECT ON {self.name}.* TO reader_{self.name}")
        return told


def url(user: str = "", password: str = "") -> str:
    """The URL of the database, of DataJoint's own user unless another is named."""
    database = dj.config["database.name"] if dj.config["database.backend"] == "postgresql" else ""
    scheme = "postgres" if dj.config["database.backend"] == "postgresql" else "mysql"
    if not user:
        user, password = dj.config["database.user"], dj.config["database.password"]
        password = getattr(password, "get_secret_value", lambda: password)()
    return f"{scheme}://{user}:{password}@{dj.config['database.host']}:{dj.config['database.port']}/{database or ''}"
