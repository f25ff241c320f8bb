"""Published sets: found, or fetched from a server that may misbehave or lie; unpacked nowhere but in their folder."""

import errno
import hashlib
import io
import json
import shutil
import struct
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gancourse.data import downloads
from gancourse.data.digits import NotHere
from gancourse.data.downloads import find, unpack
from gancourse.files import cache_folder


class Server(ThreadingHTTPServer):
    """Serves bytes by path, and notes what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []  # path and range
        self.ends_after: list[int] = []  # bytes after which the next answers break off
        self.tag, self.ranges, self.status, self.length = '"one"', True, 0, True


class Answer(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append((self.path, wanted))
        content = server.files.get(self.path)
        if server.status or content is None:
            return self.send_error(server.status or 404)
        begin = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        part = bool(wanted and server.ranges and self.headers.get("If-Range") == server.tag)
        if part and begin >= len(content):
            return self.send_error(416)
        body = content[begin:] if part else content
        self.send_response(206 if part else 200)
        if server.tag:
            self.send_header("ETag", server.tag)
        if server.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.ends_after.pop(0)] if server.ends_after else body)


FACADES, HORSES = "/pix2pix/datasets/facades.tar.gz", "/cyclegan/datasets/horse2zebra.zip"


def tar(**files: bytes) -> bytes:
    return tar_of([(name.replace("__", "/"), content, {}) for name, content in files.items()])


def tar_of(members) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content, what in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for key, value in what.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def zipped(members, **how) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server in the place of the authors', with two sets, and an empty cache."""
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(downloads, "SERVER", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GANCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GANCOURSE_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    noise = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(250))
    server.files[FACADES] = tar_of([("facades/train/1.jpg", noise, {}), ("facades/val/1.jpg", b"b", {})])
    server.files[HORSES] = zipped(
        [("horse2zebra/trainA/2009-01-01 10:20:30.jpg", b"a"), ("horse2zebra/trainB/1.jpg", b"b")]
    )
    monkeypatch.setitem(downloads.UNPAIRED, "horse2zebra", hashlib.sha256(server.files[HORSES]).hexdigest())
    yield server
    server.shutdown()
    server.server_close()


def left() -> list[str]:
    """All files of the cache but locks."""
    files = (p for p in cache_folder().rglob("*") if p.is_file() and p.suffix != ".lock")
    return sorted(p.relative_to(cache_folder()).as_posix() for p in files)


SET = ["downloads.json", "pix2pix/facades/train/1.jpg", "pix2pix/facades/val/1.jpg"]


def test_fetched_once_and_recorded(server, capsys):
    folder = find("facades")
    assert "facades: 0 MB from http" in (said := capsys.readouterr().out) and "its own is recorded" in said
    assert folder == cache_folder() / "pix2pix" / "facades" and left() == SET
    record = json.loads((cache_folder() / "downloads.json").read_text())
    content = server.files[FACADES]
    fact = record[downloads.SERVER + FACADES]
    assert fact["sha256"] == hashlib.sha256(content).hexdigest() and fact["bytes"] == len(content)
    assert len(fact["date"]) == 10 and set(fact) == {"sha256", "bytes", "date"}
    assert find("facades") == find("facades", download=False) == folder and len(server.asked) == 1
    assert folder.stat().st_mode & 0o755 == 0o755  # others may read it


def test_a_zip_is_checked_against_its_published_checksum(server):
    folder = find("horse2zebra", paired=False)
    assert (folder / "trainA").is_dir() and len(list((folder / "trainA").iterdir())) == 1
    shutil.rmtree(folder)
    server.files[HORSES] = zipped([("horse2zebra/trainA/1.jpg", b"other")])
    with pytest.raises(
        ValueError, match="horse2zebra.zip is another file now.*TensorFlow Datasets publishes.*changed=True"
    ):
        find("horse2zebra", paired=False)
    assert left() == ["downloads.json"]


def test_what_the_checksum_was_compared_with_is_told(server, capsys):
    def said(name: str, **how) -> str:
        shutil.rmtree(find(name, **how))
        return capsys.readouterr().out.splitlines()[-1]

    horses, changed = {"paired": False}, {"changed": True}
    assert "no checksum is published: its own is recorded" in said("facades")
    assert "its checksum is the one that the first download had (" in said("facades")
    assert "its checksum is the one that TensorFlow Datasets publishes" in said("horse2zebra", **horses)
    assert "its checksum is the one that TensorFlow Datasets" in said("horse2zebra", **horses, **changed)
    server.files[FACADES] = tar(facades__train__1=b"other")
    server.files[HORSES] = zipped([("horse2zebra/trainA/1.jpg", b"other")])
    assert "its checksum is not the one that the first download had (" in said("facades", **changed)
    assert "its checksum is not the one that TensorFlow Datasets" in said("horse2zebra", **horses, **changed)


@pytest.mark.parametrize(
    "error",
    [struct.error("odd"), OverflowError(), IndexError(), MemoryError(), ValueError("bad"), OSError(errno.EISDIR, "x")],
)
def test_an_archive_that_cannot_be_unpacked_is_not_kept_and_the_next_call_fetches_anew(server, monkeypatch, error):
    def odd(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(downloads, "put", odd)
        with pytest.raises(ValueError, match="facades.tar.gz is no archive, or is damaged .*: fetch it again"):
            find("facades")
    assert left() == []
    find("facades")
    assert len(server.asked) == 2 and left() == SET


def test_names_that_no_disk_takes_are_a_fault_of_the_archive(server):
    for bad in (("facades/train/" + 300 * "x", b"a", {}), ("facades/train/1.jpg/2.jpg", b"a", {})):
        server.files[FACADES] = tar_of([("facades/train/1.jpg", b"a", {}), bad])
        with pytest.raises(ValueError, match="facades.tar.gz is no archive, or is damaged"):
            find("facades")
        assert left() == []


def test_an_archive_that_is_not_at_fault_is_kept(server, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(downloads, "put", full)
        with pytest.raises(OSError, match="cannot write .*facades: No space left"):
            find("facades")
    assert "pix2pix/facades.tar.gz.part" in left()
    find("facades")
    assert len(server.asked) == 1 and left() == SET


@pytest.mark.parametrize("record", ["[]", "3", '{"URL": 3}', '{"URL": {"sha256": 1}}', "{"])
def test_a_record_that_is_none_is_passed_over(server, record):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "downloads.json").write_text(record.replace("URL", downloads.SERVER + FACADES))
    find("facades")
    assert left() == SET and list(downloads.records()) == [downloads.SERVER + FACADES]


def test_a_set_of_which_a_part_was_deleted_is_told_before_anything_is_fetched(server):
    shutil.rmtree(find("facades") / "train")
    with pytest.raises(ValueError, match="facades is there, but has no train/ in it: delete it"):
        find("facades")
    assert len(server.asked) == 1


def test_every_published_checksum_is_one():
    assert all(len(sha256) == 64 and int(sha256, 16) for sha256 in downloads.UNPAIRED.values())
    assert {"horse2zebra", "apple2orange", "monet2photo", "summer2winter_yosemite", "maps"} <= set(downloads.UNPAIRED)
    assert {"facades", "maps", "edges2shoes", "edges2handbags"} <= set(downloads.PAIRED)


def test_found_in_the_folder_that_is_only_read(server, tmp_path, monkeypatch):
    (tmp_path / "data" / "facades" / "train").mkdir(parents=True)
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "data"))
    assert find("facades") == tmp_path / "data" / "facades" and not server.asked
    with pytest.raises(NotHere):
        find("facades", paired=False)  # pairs are no two heaps of pictures
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="GANCOURSE_DATA is .*nowhere.*no such folder"):
        find("facades")


def test_what_is_not_here_names_address_and_the_offline_choice(server):
    for ask in (lambda: find("facades", download=False), lambda: find("edges2shoes")):
        offline = "street_pairs in Python, --data street on the command line.*, or point GANCOURSE_DATA at .*/train/"
        with pytest.raises(NotHere, match=f"(allow|404).*{offline}") as caught:
            ask()
        assert downloads.SERVER in str(caught.value) and "\n" not in str(caught.value)
    assert left() == [] and len(server.asked) == 1  # to ask again would not help
    with pytest.raises(NotHere, match="street_unpaired in Python, --data street on the command line"):
        find("horse2zebra", paired=False, download=False)
    server.status = 503
    with pytest.raises(NotHere, match="facades.tar.gz could not be downloaded: the server answers 503"):
        find("facades")
    server.shutdown()
    server.server_close()
    with pytest.raises(NotHere, match="could not be downloaded: .*refused"):
        find("facades")


def test_names(server):
    with pytest.raises(ValueError, match="unknown set 'celeba': choose one of facades, maps, edges2shoes"):
        find("celeba")
    with pytest.raises(ValueError, match="horse2zebra is not a set of pairs: find it with paired=False"):
        find("horse2zebra")
    with pytest.raises(ValueError, match="edges2shoes is a set of pairs: find it with paired=True"):
        find("edges2shoes", paired=False)
    with pytest.raises(ValueError, match="cityscapes may not be passed on: fetch it from cityscapes-dataset.com"):
        find("cityscapes")
    assert not server.asked


def test_an_early_end_is_gone_on_with(server):
    server.ends_after = [3000, 2000]
    find("facades")
    assert [wanted for _, wanted in server.asked] == [None, "bytes=3000-", "bytes=5000-"] and left() == SET


def test_what_came_is_kept_for_the_next_time(server):
    server.ends_after = [1000, 1000, 1000]
    with pytest.raises(NotHere, match=r"it ended after 3,000 of [\d,]+ bytes; the next time goes on from there"):
        find("facades")
    assert left() == ["pix2pix/facades.tar.gz.part", "pix2pix/facades.tar.gz.part.json"]
    find("facades")
    assert server.asked[-1][1] == "bytes=3000-" and left() == SET


def test_another_version_is_not_glued_to_the_first_part(server):
    server.ends_after = [1000, 1000, 1000]
    with pytest.raises(NotHere):
        find("facades")
    server.tag, server.files[FACADES] = '"two"', tar(facades__train__1=b"new" * 500)
    find("facades")
    assert (cache_folder() / "pix2pix" / "facades" / "train" / "1").read_bytes() == b"new" * 500


@pytest.mark.parametrize("tag, ranges", [(None, True), ('W/"one"', True), ('"one"', False)])
def test_a_server_that_cannot_go_on_sends_the_whole_again(server, tag, ranges):
    server.tag, server.ranges, server.ends_after = tag, ranges, [1000]
    find("facades")
    assert len(server.asked) == 2 and left() == SET
    assert server.asked[1][1] == ("bytes=1000-" if tag == '"one"' else None)  # without a strong tag it is not asked to


def test_a_part_that_is_longer_than_the_whole_is_begun_anew(server):
    server.ends_after = [1000, 1000, 1000]
    with pytest.raises(NotHere):
        find("facades")
    server.files[FACADES] = tar(facades__train__1=b"short", facades__val__1=b"b")  # under the same tag
    find("facades")
    assert [wanted for _, wanted in server.asked[-2:]] == ["bytes=3000-", None]


def test_an_early_end_without_a_length_is_met_by_the_archive(server):
    server.length, server.ends_after = False, [4000]
    with pytest.raises(ValueError, match="facades.tar.gz is no archive, or is damaged"):
        find("facades")
    assert left() == []


def test_a_web_page_in_the_place_of_an_archive(server):
    server.files[FACADES] = b"<html>Please log in to the network of this hotel</html>"
    with pytest.raises(ValueError, match="facades.tar.gz is no archive, or is damaged.*fetch it again"):
        find("facades")
    assert left() == []


def test_a_later_difference_is_told_and_can_be_taken(server, capsys):
    folder = find("facades")
    (folder / "train" / "1.jpg").unlink()
    (folder / "train").rmdir()
    (folder / "val" / "1.jpg").unlink()
    (folder / "val").rmdir()
    folder.rmdir()
    server.files[FACADES] = tar(facades__train__1=b"other")
    with pytest.raises(
        ValueError, match=r"another file now: \d+ bytes.*the first download had \([\d,]+ bytes, 20.*changed=True"
    ):
        find("facades")
    assert left() == ["downloads.json"]
    assert find("facades", changed=True) == folder
    assert "another file now" in capsys.readouterr().out
    record = json.loads((cache_folder() / "downloads.json").read_text())[downloads.SERVER + FACADES]
    assert record["bytes"] == len(server.files[FACADES])


def test_a_layout_that_is_another_now(server):
    server.files[FACADES] = tar(facades__pictures__1=b"a")
    with pytest.raises(ValueError, match="has no folder train/ in it"):
        find("facades")
    assert left() == []
    server.files[FACADES] = tar(train__1=b"a")  # no folder around it is no fault
    assert (find("facades") / "train" / "1").read_bytes() == b"a"


def test_several_at_once_fetch_it_once(server):
    found, threads = [], [threading.Thread(target=lambda: found.append(find("facades"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 6 and len(server.asked) == 1 and left() == SET


def test_who_waits_is_told_why(server, capsys):
    found = []
    with downloads.alone(cache_folder() / "pix2pix" / "facades"):
        thread = threading.Thread(target=lambda: found.append(find("facades")))
        thread.start()
        thread.join(1.5)
        assert not found and not server.asked
    thread.join()
    assert found and "Waiting for another process that is at work on" in capsys.readouterr().out


def test_a_stop_while_unpacking_keeps_the_download_and_nothing_half(server, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(downloads, "put", stop)
        with pytest.raises(KeyboardInterrupt):
            find("facades")
    assert left() == ["pix2pix/facades.tar.gz.part", "pix2pix/facades.tar.gz.part.json"]
    (cache_folder() / "pix2pix" / "facades.unpacking" / "train").mkdir(parents=True)  # of one that was killed
    find("facades")
    assert len(server.asked) == 1 and left() == SET


def test_a_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANCOURSE_CACHE", str(tmp_path / "file"))
    with pytest.raises(OSError, match="cannot write .*file.*another folder"):
        find("facades")


def test_a_full_disk_is_named(server):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="cannot write .*facades: File too large. Free some space"):
            find("facades")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc"}
WAYS_OUT = {
    "dots": [("../outside", b"x", {})],
    "dots within": [("facades/../../outside", b"x", {})],
    "absolute": [("{outside}", b"x", {})],
    "symlink": [("facades/link", b"", LINK), ("facades/link/outside", b"x", {})],
    "symlink, relative": [("facades/link", b"", LINK | {"linkname": "../.."}), ("facades/link/outside", b"x", {})],
    "hardlink": [("facades/1", b"", {"type": tarfile.LNKTYPE, "linkname": "../../outside"})],
    "device": [("facades/null", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})],
    "pipe": [("facades/pipe", b"", {"type": tarfile.FIFOTYPE})],
    "folder": [("../outside", b"", {"type": tarfile.DIRTYPE})],
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_tar_cannot_reach_outside(server, tmp_path, way):
    good = ("facades/train/1.jpg", b"a", {})
    bad = [(name.format(outside=tmp_path / "outside"), *rest) for name, *rest in WAYS_OUT[way]]
    server.files[FACADES] = tar_of([good, *bad])
    with pytest.raises(ValueError, match="facades.tar.gz holds .*(written outside its folder|a link or a device)"):
        find("facades")
    assert left() == [] and not list(tmp_path.rglob("outside")) and not list(tmp_path.rglob("*.unpacking"))


@pytest.mark.parametrize("way", ["../outside", "a/../../outside", "{outside}", "link"])
def test_a_zip_cannot_reach_outside(tmp_path, way):
    member = zipfile.ZipInfo(way.format(outside=tmp_path / "outside"))
    if way == "link":
        member.external_attr = 0o120777 << 16
    (tmp_path / "folder").mkdir()
    (tmp_path / "x.zip").write_bytes(zipped([(member, b"../outside")]))
    with pytest.raises(ValueError, match="x.zip holds .*(written outside its folder|a link or a device)"):
        unpack(tmp_path / "x.zip", tmp_path / "folder")
    assert not list((tmp_path / "folder").iterdir()) and not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("pack", ["tar.gz", "zip"])
def test_bombs(tmp_path, monkeypatch, pack):
    zeros, many = [("a", bytes(10**6))], [(f"{i}", b"") for i in range(30)]
    for what, members, told in [("size", zeros, "more than 100,000 bytes"), ("number", many, "more than 20 entries")]:
        monkeypatch.setattr(downloads, "MOST_BYTES", 100_000)
        monkeypatch.setattr(downloads, "MOST_MEMBERS", 20)
        if pack == "zip":
            content = zipped(members, compression=zipfile.ZIP_DEFLATED)
        else:
            content = tar_of([(name, content, {}) for name, content in members])
        (archive := tmp_path / f"{what}.{pack}").write_bytes(content)
        (folder := tmp_path / what).mkdir()
        with pytest.raises(ValueError, match=f"{archive.name} .*holds {told}|{archive.name} (has|holds) {told}"):
            unpack(archive, folder)
        assert sum(f.stat().st_size for f in folder.iterdir()) <= 100_000


def test_archives_that_are_damaged(tmp_path):
    whole = {"x.tar.gz": tar(a=bytes(range(256)) * 40), "x.zip": zipped([("a", bytes(range(256)) * 40)])}
    for name, content in whole.items():
        for i, broken in enumerate((content[: len(content) // 2], content[:10], b"", b"\x1f\x8b" + content[2:9] * 9)):
            (tmp_path / name).write_bytes(broken)
            (folder := tmp_path / f"{name}{i}").mkdir()
            with pytest.raises(ValueError, match=f"{name} is no archive, or is damaged") as caught:
                unpack(tmp_path / name, folder)
            assert "\n" not in str(caught.value)
    content = bytearray(zipped([("a", b"0123456789")]))
    content[content.index(b"01234")] = 0  # its checksum no longer fits
    (tmp_path / "y.zip").write_bytes(content)
    with pytest.raises(ValueError, match="y.zip is no archive, or is damaged .*CRC"):
        unpack(tmp_path / "y.zip", tmp_path)


def test_no_name_of_the_sets_is_unsafe():
    for name in (*downloads.PAIRED, *downloads.UNPAIRED):
        assert Path(name).name == name
