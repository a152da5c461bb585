#!/usr/bin/env python3
"""Checks that the S3 server does what a store needs of it, by boto3; part of ``check.py``.

Takes the server's line of JSON on standard input; prints a JSON object a scenario: name, failures, seconds.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import sys
import time

from botocore.exceptions import ClientError

import workspace

KEYS = ["plain", "a/b/c.npy", "name=a%2Fb%20c%252F/x_-.npy", "Größe µm/日本 𝄞", "spaces + & = # ' ; ~ , ?x=1", "a//b"]


def refused(call, *codes: str) -> None:
    """The call must fail, with one of these codes."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in codes, f"refused with {code}, not {' or '.join(codes)}"
    else:
        raise AssertionError("not refused")


class Scenarios:
    """Each method is one."""

    def __init__(self, s3: dict) -> None:
        self.s3, self.client, self.bucket = s3, workspace.s3_client(s3), "check"
        self.client.create_bucket(Bucket=self.bucket)

    def put(self, key: str, body: bytes, **how) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **how)

    def get(self, key: str, **how) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key, **how)["Body"].read()

    def puts_and_gets_odd_keys(self) -> None:
        for key in KEYS:
            self.put(f"odd/{key}", key.encode())
        for key in KEYS:
            assert self.get(f"odd/{key}") == key.encode(), key
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix="odd/")["Contents"]
        assert sorted(one["Key"] for one in listed) == sorted(f"odd/{key}" for key in KEYS), listed
        refused(lambda: self.get("odd/name=a/b c%2F/x_-.npy"), "NoSuchKey")

    def gets_ranges(self) -> None:
        self.put("range", bytes(range(100)))
        for how, expected in (("3-5", range(3, 6)), ("90-", range(90, 100)), ("-2", range(98, 100)), ("98-500", range(98, 100))):
            assert self.get("range", Range=f"bytes={how}") == bytes(expected), how
        refused(lambda: self.get("range", Range="bytes=100-"), "InvalidRange")
        assert self.client.head_object(Bucket=self.bucket, Key="range")["ContentLength"] == 100

    def puts_if_absent(self) -> None:
        self.put("once", b"first", IfNoneMatch="*")
        refused(lambda: self.put("once", b"second", IfNoneMatch="*"), "PreconditionFailed")
        assert self.get("once") == b"first"

    def lets_one_of_many_put_if_absent(self) -> None:
        def attempt(number: int) -> int:
            try:
                self.put("race", str(number).encode(), IfNoneMatch="*")
            except ClientError as error:
                assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"), error
                return -1
            return number

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            winners = [number for number in pool.map(attempt, range(16)) if number >= 0]
        assert len(winners) == 1, winners
        assert self.get("race") == str(winners[0]).encode()

    def lists_in_pages(self) -> None:
        for number in range(25):
            self.put(f"list/{number % 5}/{number:02}", b"")
        keys, token = [], {}
        while True:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix="list/", MaxKeys=7, **token)
            keys += [one["Key"] for one in page["Contents"]]
            if not page["IsTruncated"]:
                break
            token = {"ContinuationToken": page["NextContinuationToken"]}
        assert keys == sorted(f"list/{number % 5}/{number:02}" for number in range(25)), keys
        folders = self.client.list_objects_v2(Bucket=self.bucket, Prefix="list/", Delimiter="/")["CommonPrefixes"]
        assert [one["Prefix"] for one in folders] == [f"list/{number}/" for number in range(5)], folders

    def puts_in_parts(self) -> None:
        parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"end"]
        upload = {"Bucket": self.bucket, "Key": "parts"}
        upload["UploadId"] = self.client.create_multipart_upload(**upload)["UploadId"]
        tags = [
            {"PartNumber": number, "ETag": self.client.upload_part(**upload, PartNumber=number, Body=part)["ETag"]}
            for number, part in enumerate(parts, start=1)
        ]
        refused(lambda: self.get("parts"), "NoSuchKey")
        self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": tags})
        assert self.get("parts") == b"".join(parts)
        given_up = {"Bucket": self.bucket, "Key": "given-up"}
        given_up["UploadId"] = self.client.create_multipart_upload(**given_up)["UploadId"]
        self.client.abort_multipart_upload(**given_up)
        refused(lambda: self.get("given-up"), "NoSuchKey")

    def copies_and_deletes(self) -> None:
        for number in range(5):
            self.put(f"gone/{number}", b"x")
        self.client.copy_object(Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": "gone/0"})
        self.client.delete_object(Bucket=self.bucket, Key="gone/0")
        self.client.delete_object(Bucket=self.bucket, Key="gone/0")
        many = {"Objects": [{"Key": f"gone/{number}"} for number in range(1, 5)]}
        assert "Errors" not in self.client.delete_objects(Bucket=self.bucket, Delete=many)
        assert self.client.list_objects_v2(Bucket=self.bucket, Prefix="gone/")["KeyCount"] == 0
        assert self.get("copy") == b"x"

    def refuses_strangers(self) -> None:
        self.put("private", b"x")
        stranger = workspace.s3_client({**self.s3, "secret_key": "another"})
        refused(lambda: stranger.get_object(Bucket=self.bucket, Key="private"), "SignatureDoesNotMatch")
        nobody = workspace.s3_client({**self.s3, "access_key": "nobody"})
        refused(lambda: nobody.get_object(Bucket=self.bucket, Key="private"), "InvalidAccessKeyId")

    def is_quick(self) -> None:
        begun = time.monotonic()
        for number in range(100):
            self.put(f"quick/{number}", b"x" * 1000)
            self.get(f"quick/{number}")
        took = time.monotonic() - begun
        # A delayed acknowledgement would add 40 ms to each.
        assert took < 5, f"100 puts and gets of 1 kB took {took:.1f} s"


def main() -> None:
    scenarios = Scenarios(json.load(sys.stdin))
    names = [name for name in vars(Scenarios) if not name.startswith("_") and name not in ("put", "get")]
    for name in names:
        begun, failures = time.monotonic(), []
        try:
            getattr(scenarios, name)()
        except (AssertionError, ClientError) as error:
            failures.append(f"{type(error).__name__}: {error}")
        told = {"name": name.replace("_", " "), "failures": failures, "seconds": time.monotonic() - begun}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
