"""Writes golden fixtures of <attach>, <object@> and <filepath@> with Python's DataJoint, and damaged ones made of them.

    python generate.py FOLDER      # with datajoint 2.3.5 installed

FOLDER is then like the workspace's fixtures/: {codec}/1.0/{case}/. Tokens and times differ with each run, so what is checked in
was written once and is not written again. The cases that are named for a table came from a database, not from here.
"""

import base64
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import datajoint as dj
from datajoint.builtin_codecs.attach import AttachCodec
from datajoint.builtin_codecs.filepath import FilepathCodec
from datajoint.builtin_codecs.object import ObjectCodec
from datajoint.hash_registry import compute_hash, get_hash, put_hash
from datajoint.objectref import ObjectRef
from datajoint.staged_insert import staged_insert1

OUT = Path(sys.argv[1])
WRITER = f"datajoint {dj.__version__}"
WORK = Path(tempfile.mkdtemp())
SOURCES = WORK / "sources"
SOURCES.mkdir()
CONTEXT = {"schema": "lab", "table": "session", "field": "item", "config": dj.config}
KEY = {"session": 7}


def store():
    """A new empty store that is the default one."""
    root = Path(tempfile.mkdtemp(dir=WORK))
    dj.config["stores"] = {
        "default": "main", "filepath_default": "main", "main": {"protocol": "file", "location": str(root)},
    }
    return root


def digest(name, data):
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def seen_by_python(ref):
    """The value as Python's ObjectRef reads it."""
    if not ref.is_dir:
        return {"$file": digest(ref.path.rstrip("/").split("/")[-1], ref.read())}
    files = []
    for root, _, names in ref.walk():
        for name in names:
            path = f"{root}/{name}" if root else name
            with ref.open(path) as file:
                data = file.read()
            files.append([path, len(data), hashlib.sha256(data).hexdigest()])
    return {"$folder": {"files": sorted(files, key=lambda file: file[0].encode())}}


def case(codec, name, stored, expected, root=None, spec=None, note=None, writer=WRITER):
    folder = OUT / codec / "1.0" / f"by-{WRITER.replace(' ', '-')}-{name}"
    folder.mkdir(parents=True)
    spec = spec or (f"<{codec}@main>" if root else f"<{codec}>")
    content = {"codec": codec, "type_spec": spec, "format_version": "1.0", "writer": writer, "stored": stored, "expected": expected}
    if root:
        content["store"] = "store"
        shutil.copytree(root, folder / "store")
    if note:
        content["note"] = note
    (folder / "case.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


ERROR = {"error": True}


def error(kind):
    return {"error": True, "kind": kind}


def attach():
    codec = AttachCodec()
    for label, name, data in [
        ("dots", "a.tar.gz", b"\x1f\x8b"),
        ("hidden", ".profile", b"export X=1\n"),
        ("space-percent", "50% off #1 &.txt", b"x"),
        ("unicode", "日本 é 𝄞.bin", bytes(range(256))),
        ("no-suffix", "README", b"\0\0leading nuls"),
        ("quotes", "it's \"q\".txt", b"q"),
        ("colon", "12:30.txt", b"half past twelve"),
        ("backslash", "a\\b.txt", b"one name here, two on Windows"),
        ("newline", "two\nlines", b"x"),
        ("device", "con.txt", b"x"),
        ("long", "x" * 250 + ".txt", b"long"),
    ]:
        path = SOURCES / name
        path.write_bytes(data)
        stored = codec.encode(path)
        case("attach", f"name-{label}", {"$bytes": base64.b64encode(stored).decode()}, {"$file": digest(name, data)})

    root = store()
    path = SOURCES / "report.pdf"
    path.write_bytes(b"%PDF" * 100)
    record = put_hash(codec.encode(path), "lab", "main")
    assert get_hash(record) == codec.encode(path)
    case("attach", "in-store", record, {"$file": digest("report.pdf", b"%PDF" * 100)}, root)
    torn = Path(root, record["path"])
    torn.write_bytes(torn.read_bytes()[:-1])
    case("attach", "in-store-torn", record, error("hash-mismatch"), root, note="the object lost its last byte")

    raw = lambda data: {"$bytes": base64.b64encode(data).decode()}
    case("attach", "damaged-no-nul", raw(b"note.txt"), error("corrupt"), note="Python: ValueError, subsection not found")
    case("attach", "damaged-empty", raw(b""), error("corrupt"), note="Python: ValueError, subsection not found")
    case("attach", "damaged-name", raw(b"\xff\xfe\0x"), error("corrupt"), note="the name is no UTF-8; Python: UnicodeDecodeError")
    for label, name in [("up", "../x"), ("absolute", "/tmp/x"), ("drive", "C:\\x"), ("none", ""), ("dots", "..")]:
        case(
            "attach", f"hostile-{label}", raw(name.encode() + b"\0gotcha"), {"$file": digest(name, b"gotcha")},
            note="derived: no file has this name. It decodes; saving it must not lead out of the folder. Python writes there.",
        )


def tree(name, files):
    root = SOURCES / name
    root.mkdir()
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def write(value, context=CONTEXT):
    codec = ObjectCodec()
    root = store()
    record = codec.encode(value, key=dict(KEY), context=context, store_name="main")
    ref = codec.decode(record, context=context)
    assert ref.verify()
    return root, record, ref


class FakeTable:
    """As much of a table as a staged insert asks for."""

    database = "lab"
    class_name = "Session"
    primary_key = ["session"]
    heading = {"item": SimpleNamespace(codec=ObjectCodec(), store="main")}
    connection = SimpleNamespace(_config=dj.config)

    def insert1(self, row):
        self.row = row


def objects():
    nested = tree("nested", {
        "a.bin": b"0123456789", "c/0/0": b"\1" * 31, "c/0/1": b"", "zarr.json": b"{}", "deep/er/still/x.y.z": b"z", ".zattrs": b"{}",
    })
    odd = tree("odd", {
        "50% #1 &.txt": b"p", "a%2Fb/c d": b"q", "日本/é 𝄞.json": b"[]", "it's q": b"r", "-dash": b"s", "~tilde": b"t", "A": b"u", "AA/a": b"v",
    })
    empty = tree("empty", {})
    one = tree("one.zarr", {"x": b"1"})
    linked = tree("linked", {"real.txt": b"real", "sub/x": b"x"})
    (linked / "link.txt").symlink_to("real.txt")
    (linked / "more").symlink_to("sub", target_is_directory=True)
    for label, value, note in [
        ("bytes", b"raw bytes", None),
        ("bytes-empty", b"", None),
        ("file-suffixes", SOURCES / "a.tar.gz", None),
        ("file-hidden", SOURCES / ".profile", "no suffix: the extension is an empty text"),
        ("file-odd-suffix", SOURCES / "quotes.a b%", None),
        ("ext-csv", ("csv", b"a,b\n1,2\n"), "the extension is kept without its dot"),
        ("ext-none", (None, b"x"), None),
        ("ext-file", (".avi", open(SOURCES / "README", "rb")), "a file that was open"),
        ("folder-nested", nested, None),
        ("folder-odd-names", odd, None),
        ("folder-empty", empty, "a store has objects only: of an empty folder there is the manifest"),
        ("folder-suffix", one, "folders have no extension"),
        ("folder-links", linked, "the copies behind a link to a folder are in the store, and neither in the manifest nor in the record"),
    ]:
        if label == "file-odd-suffix":
            value.write_bytes(b"odd")
        root, record, ref = write(value)
        expected = seen_by_python(ref) if label != "folder-empty" else {"$folder": {"files": []}}
        case("object", label, record, expected, root, note=note)

    for label, ext, write_files in [
        ("staged-file", ".bin", None),
        ("staged-folder", ".zarr", {"zarr.json": b"{}", "c/0/0": b"\2" * 40}),
        ("staged-no-ext", "", None),
    ]:
        root = store()
        table = FakeTable()
        with staged_insert1(table) as staged:
            staged.rec["session"] = 7
            if write_files is None:
                with staged.open("item", ext) as file:
                    file.write(b"written in place")
            else:
                mapping = staged.store("item", ext)
                for name, data in write_files.items():
                    mapping[name] = data
        record = table.row["item"]
        ref = ObjectCodec().decode(record, context=CONTEXT)
        assert ref.verify()
        case("object", label, record, seen_by_python(ref), root, note="a staged insert: the class's name in the path, no manifest")

    # A record with a hash, as ObjectRef.to_json writes it and ObjectRef.verify compares it.
    root, record, ref = write(("txt", b"with a hash"))
    ref.hash = compute_hash(b"with a hash")
    assert ref.verify()
    case("object", "hash", ref.to_json(), seen_by_python(ref), root, note="the record is that of ObjectRef.to_json, with a hash")
    ref.hash = compute_hash(b"something else")
    case("object", "hash-mismatch", ref.to_json(), error("hash-mismatch"), root, note="Python: read() does not look, verify() raises IntegrityError")

    root, record, ref = write(b"old")
    case("object", "old-bare", {"path": record["path"], "size": 3}, seen_by_python(ref), root, note="the least that Python reads")
    more = dict(record, url="file:///elsewhere", mime_type="text/plain", my_note={"a": [1]}, store=None)
    case("object", "old-more", more, seen_by_python(ref), root, note="keys of other versions and of the user's own; no store")

    def damaged(label, value, change, kind, note):
        root, record, _ = write(value)
        target = Path(root, record["path"])
        changed = change(root, record, target)
        case("object", f"damaged-{label}", changed or record, error(kind), root, note=f"derived: {note}")

    def manifest(target, change):
        path = Path(f"{target}.manifest.json")
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content, indent=2))

    files = nested
    damaged("gone", b"abc", lambda root, record, target: target.unlink() or (root / "left").write_text("x"), "missing-file", "the object was removed")
    damaged("short", b"abcdef", lambda root, record, target: target.write_bytes(b"abc") and None, "corrupt-file", "half of the object is lost")
    damaged("member-gone", files, lambda root, record, target: (target / "a.bin").unlink(), "missing-file", "a file of the manifest was removed")
    damaged("member-short", files, lambda root, record, target: (target / "a.bin").write_bytes(b"0") and None, "corrupt-file", "a file of the folder was cut")
    damaged("manifest-cut", files, lambda root, record, target: Path(f"{target}.manifest.json").write_text("{\"files\": [") and None, "corrupt", "the manifest was cut")
    damaged("manifest-up", files, lambda root, record, target: manifest(target, lambda m: m["files"].append({"path": "../../x", "size": 1})), "unsafe-path", "the manifest lists ../../x")
    damaged("manifest-absolute", files, lambda root, record, target: manifest(target, lambda m: m["files"].append({"path": "/etc/passwd", "size": 1})), "unsafe-path", "the manifest lists /etc/passwd")
    damaged("manifest-twice", files, lambda root, record, target: manifest(target, lambda m: m["files"].append(dict(m["files"][0]))), "corrupt", "the manifest lists a file twice")
    damaged("manifest-negative", files, lambda root, record, target: manifest(target, lambda m: m["files"][0].update(size=-1)), "corrupt", "the manifest says a negative size")
    damaged("folder-for-file", files, lambda root, record, target: dict(record, is_dir=False), "corrupt", "the record says a file")
    damaged("file-for-folder", b"abc", lambda root, record, target: dict(record, is_dir=True), "corrupt", "the record says a folder")
    damaged("size-negative", b"abc", lambda root, record, target: dict(record, size=-3), "corrupt", "a negative size")
    damaged("size-text", b"abc", lambda root, record, target: dict(record, size="3"), "corrupt", "the size is a text")
    damaged("size-huge", b"abc", lambda root, record, target: dict(record, size=2**63), "corrupt", "a size of 8 EiB")
    damaged("no-path", b"abc", lambda root, record, target: {"size": 3, "store": "main"}, "corrupt", "a record without a path")
    damaged("path-up", b"abc", lambda root, record, target: dict(record, path="_schema/../../x"), "unsafe-path", "a path out of the store")
    damaged("path-absolute", b"abc", lambda root, record, target: dict(record, path="/etc/passwd"), "unsafe-path", "an absolute path")
    damaged("version", b"abc", lambda root, record, target: dict(record, codec_version="9.0"), "unsupported-format", "a format of the future")


def filepaths():
    codec = FilepathCodec()
    for label, path, given in [
        ("file", "raw/day 1/50% #2.bin", None),
        ("unicode", "raw/日本/é.bin", None),
        ("folder", "raw/rec", None),
        ("folder-slash", "raw/rec", "raw/rec/"),
        ("dotted", "raw/a.bin", "./raw/a.bin"),
        ("hidden", ".raw/.a", None),
    ]:
        root = store()
        target = root / path
        if "folder" in label:
            for name, data in {"x.dat": b"123", "in/y.dat": b"4"}.items():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(data)
        else:
            target.parent.mkdir(parents=True)
            target.write_bytes(b"acquired")
        record = codec.encode(given or path, context=CONTEXT, store_name="main")
        ref = codec.decode(record, context=CONTEXT)
        note = f"given as {given!r}, which Python keeps" if given else None
        case("filepath", label, record, seen_by_python(ref), root, note=note)
        if label == "file":
            target.write_bytes(b"acquired, and more since")
            case("filepath", "grown", record, seen_by_python(ref), root, note="derived: the file grew since it was referred to")
            target.unlink()
            (root / "left").write_text("x")
            case("filepath", "damaged-gone", record, error("missing-file"), root, note="derived: the file was removed")
            for label, path in [("up", "../x"), ("absolute", "/etc/passwd"), ("dots", "raw/../../x")]:
                case("filepath", f"damaged-{label}", dict(record, path=path), error("unsafe-path"), root, note="derived: a path out of the store")


attach()
objects()
filepaths()
shutil.rmtree(WORK)
