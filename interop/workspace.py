#!/usr/bin/env python3
"""Makes a folder in which DataJoint finds its configuration: a database and three stores.

    workspace.py FOLDER BACKEND < WHERE     BACKEND is postgresql or mysql; WHERE is the line that servers/up.py prints

The stores: ``local`` (file, the default), ``cloud`` (s3, its secret key in ``.secrets/``, as DataJoint reads it) and ``shelf``
(file, with a partition pattern, a prefix and a token length of its own). The bucket is made. Prints the path of the
``datajoint.json``. Runs in the environment of ``environment.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config


def s3_client(s3: dict):
    """A client of the S3 server, path style, signature v4."""
    return boto3.client(
        "s3",
        endpoint_url=f"http{'s' if s3['secure'] else ''}://{s3['endpoint']}",
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
        region_name=s3["region"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def make(folder: Path, backend: str, where: dict) -> Path:
    """Makes the folder, the stores and the bucket; gives the configuration's path."""
    folder = folder.resolve()
    database, s3 = where[backend], where["s3"]
    for part in ("stores/local", "stores/shelf", ".secrets"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    bucket = f"interop-{backend}"
    client = s3_client(s3)
    if bucket not in [made["Name"] for made in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=bucket)
    configuration = {
        "database": {
            "backend": database["backend"],
            "host": database["host"],
            "port": database["port"],
            "user": database["user"],
            **({"name": database["database"]} if "database" in database else {}),
        },
        "stores": {
            "default": "local",
            "filepath_default": "shelf",
            "local": {"protocol": "file", "location": str(folder / "stores/local")},
            "cloud": {
                "protocol": "s3",
                "endpoint": s3["endpoint"],
                "secure": s3["secure"],
                "bucket": bucket,
                "location": "lab one/data",
                "access_key": s3["access_key"],
            },
            "shelf": {
                "protocol": "file",
                "location": str(folder / "stores/shelf"),
                "partition_pattern": "{day}/{subject}",
                "schema_prefix": "arrays/raw",
                "token_length": 12,
            },
        },
    }
    (folder / ".secrets/database.password").write_text(database["password"])
    (folder / ".secrets/stores.cloud.secret_key").write_text(s3["secret_key"])
    path = folder / "datajoint.json"
    path.write_text(json.dumps(configuration, indent=2) + "\n")
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in ("postgresql", "mysql"):
        sys.exit(__doc__)
    print(make(Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin)))
