#!/usr/bin/env python3
"""``peer.py`` with whole tables: all rows at once, and SQL that a person would run. Driven in the same way."""

from __future__ import annotations

from pathlib import Path

import datajoint as dj
import numpy as np

import lab
import notation
from answers import serve
from peer import OPERATIONS, Peer, _values


class TablesPeer(Peer):
    """The operations."""

    def url(self) -> dict:
        """Gives the URL of the database."""
        return {"url": lab.url()}

    def insert_rows(self, table: str, rows: list) -> dict:
        """Inserts rows through DataJoint."""
        self.tables[table].insert([_values(row) for row in rows])
        return {}

    def rows(self, table: str) -> dict:
        """Fetches all rows in the order of the key: the notation of each value by the column's name. Arrays are read, attached
        files are told by name and contents."""
        told = []
        for row in self.tables[table].to_dicts(order_by="KEY"):
            told.append({name: self._told(table, name, value) for name, value in row.items()})
        return {"rows": told}

    def _told(self, table: str, name: str, value) -> str:
        codec = self.tables[table].heading[name].codec
        if isinstance(value, memoryview):
            value = bytes(value)  # as the driver of PostgreSQL gives them
        if value is not None and codec is not None:
            if codec.name == "attach":
                return notation.file(Path(value).name, Path(value).read_bytes())
            if codec.name == "object" and not value.is_dir:
                return notation.file("", value.read())  # its name has the token of its path
            if codec.name in ("npy", "zarr"):
                value = np.asarray(value[...] if codec.name == "zarr" else value)
        return notation.write(value)

    def sql(self, statements: list) -> dict:
        """Runs statements, as a person does."""
        for statement in statements:
            self.connection.query(statement)
        return {}

    def reopen(self, schema: str) -> dict:
        """Reads the declarations anew from the database; gives the type of each column, by table and column."""
        module = dj.VirtualModule("reopened", schema)
        for name in self.tables:
            self.tables[name] = getattr(module, name)()
        return {
            "types": {
                name: {column: table.heading[column].original_type or table.heading[column].type for column in table.heading.names}
                for name, table in self.tables.items()
            }
        }


if __name__ == "__main__":
    serve(TablesPeer(), [*OPERATIONS, "url", "insert_rows", "rows", "sql", "reopen"])
