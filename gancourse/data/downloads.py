"""The sets that the authors of pix2pix and CycleGAN published: found on this machine, or fetched, checked, unpacked."""

import errno
import hashlib
import http.client
import json
import os
import re
import shutil
import stat
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from filelock import FileLock, Timeout
from tqdm import tqdm

from gancourse.data.digits import NotHere
from gancourse.files import cache_folder, reason, written

SERVER = "http://efrosgans.eecs.berkeley.edu"  # the authors' own, as of 2026; the addresses in their papers are dead
PAIRED = ("facades", "maps", "edges2shoes", "edges2handbags", "night2day")  # A|B in one file; no checksum is published
# Published by TensorFlow Datasets for the same files at the authors' address before this one
# (tensorflow/datasets, tensorflow_datasets/url_checksums/cycle_gan.txt).
UNPAIRED = {
    "apple2orange": "845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8",
    "cezanne2photo": "3a6c10ca21f9485862f1cbd707744b9dc258954a04631271d23a3605eeb63cff",
    "facades": "9a31ebf3a31b9b5cd195dd5bf62e9308e00cb94604d1019e3889ac84248695c0",
    "horse2zebra": "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1",
    "iphone2dslr_flower": "8fcb5e374d631b107e1d961b8c4cd0a186aa2a4ff3e279923f4c426128de7113",
    "maps": "639534f69dbf9f36bef8d6292a7698006361221f83f0285d7c9ca78afe6e8a9e",
    "monet2photo": "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04",
    "summer2winter_yosemite": "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9",
    "ukiyoe2photo": "02a2a2fb5ecf425ca1bf86aca7304377da64a2a1d3b86df54eb65e4068bf3b08",
    "vangogh2photo": "362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff",
}
CITYSCAPES = (
    "cityscapes may not be passed on: fetch it from cityscapes-dataset.com, make pairs of it with "
    "prepare_cityscapes_dataset.py of junyanz/pytorch-CycleGAN-and-pix2pix, and read those with PairedFolder"
)
OFFLINE = "Work offline on the street ({} in Python, --data street on the command line), or point GANCOURSE_DATA at"
PATIENCE = 15  # seconds without a byte
ATTEMPTS = 3  # at one download, each going on where the last one ended
MOST_BYTES = 32 * 2**30  # that an archive may hold, unpacked; the largest published set has about 8 GB
MOST_MEMBERS = 500_000  # the largest published set has about 140,000


def find(name: str, *, paired: bool = True, download: bool = True, changed: bool = False) -> Path:
    """The folder of a published set, with its parts in it: train/, val/, ... or trainA/, trainB/, testA/, testB/.

    Looked for in the folder GANCOURSE_DATA (read only), then in the cache, then fetched into the cache.

    Args:
        name: one of PAIRED or UNPAIRED.
        paired: the set of pix2pix, or CycleGAN's. Two names, facades and maps, are in both.
        download: False never asks the network.
        changed: take an archive that is not the one that was published, or recorded at the first download.

    Raises:
        ValueError: the name is unknown, GANCOURSE_DATA names no folder, or what was fetched is damaged, not what it
            was, or would write outside its folder. Nothing of it is kept.
        NotHere: the set is not here and cannot be had; with the address and what to do offline.
        OSError: the cache cannot be written.
    """
    expect_name(name, paired)
    kind, first = ("pix2pix", "train") if paired else ("cyclegan", "trainA")
    kept = cache_folder() / kind / name
    for folder in [given / name for given in given_folder()] + [kept]:
        if (folder / first).is_dir():
            return folder
    url = f"{SERVER}/{kind}/datasets/{name}.{'tar.gz' if paired else 'zip'}"
    offline = f"{OFFLINE.format('street_pairs' if paired else 'street_unpaired')} a folder that has {name}/{first}/"
    if not download:
        raise NotHere(f"{name} is not in GANCOURSE_DATA or the cache: allow a download from {url}. {offline}")
    try:
        return fetch(url, kept, first, None if paired else UNPAIRED[name], changed)
    except Interrupted as error:
        raise NotHere(f"{url} could not be downloaded: {error}. {offline}") from error


def expect_name(name: str, paired: bool) -> None:
    """Raise ValueError, with what may have been meant, unless there is such a set."""
    here, there = (PAIRED, UNPAIRED) if paired else (UNPAIRED, PAIRED)
    if name in here:
        return
    if name == "cityscapes":
        raise ValueError(CITYSCAPES)
    if name in there:
        raise ValueError(f"{name} is {'not ' if paired else ''}a set of pairs: find it with paired={not paired}")
    raise ValueError(f"unknown set {name!r}: choose one of {', '.join(here)}")


def given_folder() -> list[Path]:
    """GANCOURSE_DATA, if it is set."""
    given = os.environ.get("GANCOURSE_DATA")
    if given and not Path(given).is_dir():
        raise ValueError(f"GANCOURSE_DATA is {given}, and there is no such folder: correct it, or unset it")
    return [Path(given)] if given else []


def fetch(url: str, folder: Path, first: str, sha256: str | None = None, changed: bool = False) -> Path:
    """Download an archive, check it, unpack it, and only then give its folder its name. The archive is not kept.

    Of several processes one does it and the others wait.

    Args:
        url: of a .tar.gz or .zip.
        folder: what to call the folder that was in it.
        first: a folder that must be in that one.
        sha256: the published checksum; None compares with the one that was recorded at the first download.
        changed: take it even if they differ.
    """
    archive = folder.parent / url.rsplit("/", 1)[1]
    with alone(folder):
        if not (folder / first).is_dir():
            expect_room(folder, first)
            loaded = download(url, archive)
            with forgotten_if_bad(loaded):
                fact, checked = expect_same(loaded, url, sha256, changed)
                unpack_as(loaded, folder, first, url)
            forget(loaded)
            record(url, fact)
            print(f"{folder.name}: {fact['bytes'] / 1e6:,.0f} MB from {url}; {checked}.")
    return folder


def expect_room(folder: Path, first: str) -> None:
    """Raise ValueError if the folder is there with something else in it: nothing could take its name."""
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"{folder} is there, but has no {first}/ in it: delete it, or name another GANCOURSE_CACHE")


@contextmanager
def forgotten_if_bad(part: Path) -> Iterator[None]:
    """Remove a download if the block fails by its fault; a stop by hand or a full disk is not, and it is kept."""
    try:
        yield
    except OSError:  # what an archive has to do with one is a ValueError by now
        raise
    except Exception:  # else each later call would meet the same file again
        forget(part)
        raise


def forget(part: Path) -> None:
    """Remove a download and what is known of it."""
    part.unlink(missing_ok=True)
    tag(part).unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time; the system ends the claim of a process that dies. What cannot be written is told."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"))
        try:
            lock.acquire(timeout=1)
        except Timeout:
            print(f"Waiting for another process that is at work on {path}.")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()
    except OSError as error:
        if error.errno is None:  # it was told by `written`
            raise
        raise OSError(f"cannot write {path}: {reason(error)}. Free some space or name another folder") from error


class Interrupted(Exception):
    """A download that did not come to its end; the message says why."""


class Refused(Interrupted):
    """No answer, or a refusal: to ask again at once would not help."""


def download(url: str, path: Path) -> Path:
    """Fetch into `path`.part, going on where an earlier attempt, or an earlier program, ended.

    Raises:
        Interrupted: no answer, a refusal, or ATTEMPTS early ends. What came is kept for the next time.
        OSError: the disk is full.
    """
    part = path.with_name(path.name + ".part")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            go_on(url, part)
            return part
        except Interrupted as error:
            if attempt == ATTEMPTS or isinstance(error, Refused):
                raise


def go_on(url: str, part: Path) -> None:
    """One attempt. The server is told of which version the beginning is; if it has another, it sends the whole."""
    begun, version, total = beginning(part)
    if begun == total:
        return
    headers = {"Range": f"bytes={begun}-", "If-Range": version} if begun else {}
    with answer(url, headers, part) as response:
        if response.status != 206:
            begun, total = 0, response.length
            note(part, response)
        receive(response, part, begun, total)


def beginning(part: Path) -> tuple[int, str, int | None]:
    """Of what is here: its bytes, its version as the server calls it, and the bytes of the whole."""
    try:
        kept = json.loads(tag(part).read_text("utf-8"))
        return part.stat().st_size, kept["version"], kept["bytes"]
    except (OSError, ValueError, LookupError):
        return 0, "", None


def note(part: Path, response: http.client.HTTPResponse) -> None:
    """Begin anew, and keep by what name the server knows this version. Without one nothing can be gone on with."""
    part.unlink(missing_ok=True)
    tag(part).unlink(missing_ok=True)
    version = response.headers.get("ETag") or response.headers.get("Last-Modified")
    if version and not version.startswith("W/"):  # a weak tag does not promise the same bytes
        with written(tag(part)) as file:
            file.write_text(json.dumps({"version": version, "bytes": response.length}), "utf-8")


def tag(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def answer(url: str, headers: dict[str, str], part: Path) -> http.client.HTTPResponse:
    """The server's answer; refusals and silence as Refused."""
    request = urllib.request.Request(url, headers={"User-Agent": "gancourse"} | headers)
    try:
        return urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # it has no such part: begin anew
            tag(part).unlink(missing_ok=True)
            raise Interrupted("the server has another file now") from error
        raise Refused(f"the server answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Refused(why(error)) from error


def receive(response: http.client.HTTPResponse, part: Path, begun: int, total: int | None) -> None:
    """Write what comes behind what is there."""
    title = part.name.removesuffix(".part")
    bar = tqdm(desc=title, total=total, initial=begun, unit="B", unit_scale=True, leave=False, file=sys.stdout)
    with bar, open(part, "ab" if begun else "wb") as file:
        while piece := read(response):
            file.write(piece)
            bar.update(len(piece))
    if total is not None and (got := part.stat().st_size) != total:
        raise Interrupted(f"it ended after {got:,} of {total:,} bytes; the next time goes on from there")


def read(response: http.client.HTTPResponse) -> bytes:
    """The next bytes; a broken connection as Interrupted."""
    try:
        return response.read(2**18)
    except (OSError, http.client.HTTPException) as error:
        raise Interrupted(why(error)) from error


def why(error: Exception) -> str:
    inner = getattr(error, "reason", None)  # URLError wraps the cause
    error = inner if isinstance(inner, Exception) else error
    return reason(error) if str(error) else type(error).__name__


def expect_same(archive: Path, url: str, sha256: str | None, changed: bool) -> tuple[dict, str]:
    """The facts of an archive and what its checksum was compared with, as half a sentence.

    Raises:
        ValueError: it is not the one that is known, and that was not to be `changed`.
    """
    with open(archive, "rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    fact = {"bytes": archive.stat().st_size, "sha256": got, "date": date.today().isoformat()}
    known, whose = sha256, "TensorFlow Datasets publishes"
    if known is None and (earlier := records().get(url)):
        known, whose = earlier["sha256"], f"the first download had ({earlier['bytes']:,} bytes, {earlier['date']})"
    if known is None:
        return fact, "no checksum is published: its own is recorded"
    if known == got:
        return fact, f"its checksum is the one that {whose}"
    told = f"{url} is another file now: {fact['bytes']:,} bytes with sha256 {got}, not {known}, which {whose}."
    if not changed:
        raise ValueError(f"{told} Nothing of it was kept. If that is as it should be, take it with changed=True")
    print(f"{told} It is taken.")
    return fact, f"its checksum is not the one that {whose}"


def records() -> dict[str, dict]:
    """What was downloaded so far: {url: {bytes, sha256, date}}. What is no such record is passed over."""
    try:
        kept = json.loads((cache_folder() / "downloads.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {url: fact for url, fact in kept.items() if is_record(fact)} if isinstance(kept, dict) else {}


def is_record(fact: object) -> bool:
    kinds = {"bytes": int, "sha256": str, "date": str}
    return isinstance(fact, dict) and all(isinstance(fact.get(name), kind) for name, kind in kinds.items())


def record(url: str, fact: dict) -> None:
    path = cache_folder() / "downloads.json"
    with alone(path):
        facts = records() | {url: fact}
        with written(path) as file:
            file.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def unpack_as(archive: Path, folder: Path, first: str, url: str) -> None:
    """Unpack beside `folder`, and give the folder in the archive that has `first` in it this name."""
    beside = folder.with_name(folder.name + ".unpacking")
    shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
    beside.mkdir()
    try:
        unpack(archive, beside, url)
        for found in (beside, *beside.iterdir()):
            if (found / first).is_dir():
                os.replace(found, folder)
                return
        raise ValueError(f"{url} has no folder {first}/ in it: its layout is another now. Nothing of it was kept")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


class Member(NamedTuple):
    """One entry of an archive."""

    name: str
    kind: str  # "file", "folder" or "neither": links, devices, pipes
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, folder: Path, name: str | None = None) -> None:
    """Write the files of a tar.gz or zip into a folder, and nowhere else.

    Args:
        archive: a file.
        folder: that is there.
        name: of the archive, for messages.

    Raises:
        ValueError: it is damaged or no archive; it holds a link, a device, a path that is absolute or has "..", more
            than MOST_MEMBERS entries or more than MOST_BYTES. What was written until then is still there.
    """
    name, left = name or str(archive), MOST_BYTES
    members = zip_members(archive) if zipfile.is_zipfile(archive) else tar_members(archive)
    title = f"unpacking {folder.stem}"
    try:
        for count, member in enumerate(tqdm(members, title, unit=" files", leave=False, delay=2, file=sys.stdout), 1):
            if count > MOST_MEMBERS:
                raise ValueError(f"{name} has more than {MOST_MEMBERS:,} entries, which no published set has")
            target = folder / inside(member, name)
            if member.kind == "folder":
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= put(member, target, left, name)
    except Exception as error:  # of damaged archives the unpackers raise nearly anything
        if is_told(error, name) or is_machine(error):
            raise
        raise ValueError(f"{name} is no archive, or is damaged ({why(error)}): fetch it again") from error


# by which the system says that an archive asks for what cannot be: a name that is too long, a file inside a file
UNFIT = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ, errno.ENOENT)


def is_machine(error: Exception) -> bool:
    """Whether this is a fault of the machine, such as a full disk, and not of the archive."""
    return isinstance(error, OSError) and error.errno is not None and error.errno not in UNFIT


def is_told(error: Exception, name: str) -> bool:
    """Whether the message says already what is wrong with the archive of this name."""
    return isinstance(error, ValueError) and str(error).startswith(name)


def tar_members(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive, "r:*") as tar:
        for one in tar:
            kind = "file" if one.isfile() else "folder" if one.isdir() else "neither"
            yield Member(one.name, kind, partial(tar.extractfile, one))


def zip_members(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as packed:
        for one in packed.infolist():
            odd = stat.S_IFMT(one.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR)
            kind = "neither" if odd else "folder" if one.is_dir() else "file"
            yield Member(one.filename, kind, partial(packed.open, one))


def inside(member: Member, archive: str) -> PurePosixPath:
    """Where a member goes below the folder, or ValueError if it would leave it or is no plain file or folder."""
    path = PurePosixPath(member.name)
    if member.kind == "neither":
        raise ValueError(f"{archive} holds {member.name}, a link or a device: only files and folders are unpacked")
    if path.is_absolute() or ".." in path.parts or "\0" in member.name:
        raise ValueError(f"{archive} holds {member.name!r}, which would be written outside its folder")
    if os.name == "nt":  # some photos are named after the time of day; and no drives
        path = PurePosixPath(*(re.sub(r'[<>:"|?*\\]', "_", part) for part in path.parts))
    return path


def put(member: Member, target: Path, left: int, archive: str) -> int:
    """Write one file of at most `left` bytes. How many it had."""
    count = 0
    with member.open() as source, open(target, "wb") as file:
        while piece := source.read(2**18):
            count += len(piece)
            if count > left:
                raise ValueError(f"{archive} holds more than {MOST_BYTES:,} bytes, which no published set does")
            file.write(piece)
    return count
