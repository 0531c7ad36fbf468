"""One sealed folder as it lies there: what its manifest, SHA256SUMS and close.json say, and whether they agree.

The manifest has the digest of every other file, SHA256SUMS that of the manifest too. Where these two differ, one of
them was changed: the digest that later closes name tells which; where none does, both are suspects.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from tierctl.findings import Finding
from tierctl.ledger.layout import FORMAT, MANIFEST, RECORD, SUMS, damaged, linked, month_of, unreadable

_NEWER = f"it is of a newer format than {FORMAT}, which this tierctl does not know"
_CHANGED = "the file was changed since the close"


@dataclass(frozen=True)
class Sealed:
    """A sealed folder.

    Attributes:
        manifest: None where it is missing, unreadable or not as it was sealed.
        sha256: of manifest.json as it lies there; None where that cannot be read.
        record: close.json; empty where that is not as it was sealed.
        listing: digests by relative path of all files but the manifest and SHA256SUMS, as the manifest gives them, or,
            where there is none to trust, SHA256SUMS.
        faults: what is wrong with manifest.json, SHA256SUMS and close.json.
    """

    label: str
    folder: Path
    manifest: Mapping[str, Any] | None
    sha256: str | None
    record: Mapping[str, Any]
    listing: Mapping[str, str]
    faults: tuple[Finding, ...]


def read_sealed(folders: Iterable[Path], vouched: Collection[str] = ()) -> list[Sealed]:
    """Read sealed folders, in the order given.

    Args:
        folders: closes, or such as were set aside.
        vouched: digests of manifests that are known from elsewhere to be right.
    """
    raws = [_read(folder) for folder in folders]
    named = {digest for raw in raws for digest in _names(raw.manifest or {})}
    return [_compare(raw, named | set(vouched)) for raw in raws]


def listed(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The digests of a manifest's files by relative path."""
    return {file["path"]: file["sha256"] for file in manifest["files"]}


def read_record(content: bytes) -> Mapping[str, Any] | None:
    """What a record says; None where it is no JSON object."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def sums(digests: Mapping[str, str]) -> str:
    """The content of SHA256SUMS, as `sha256sum -c` reads it."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


@dataclass(frozen=True)
class _Raw:
    """A sealed folder before its digests are compared; `complaint` says why the manifest's content is none."""

    folder: Path
    manifest: Mapping[str, Any] | None
    complaint: str
    sha256: str | None
    sums: str | None
    record: bytes | None
    faults: list[Finding]


def _read(folder: Path) -> _Raw:
    if folder.is_symlink() or not folder.is_dir():
        fault = linked(folder) if folder.is_symlink() else damaged(folder, "it is a file, and a close is a folder")
        return _Raw(folder, None, "", None, None, None, [fault])
    faults: list[Finding] = []
    content, sums_, record = (_bytes(folder / name, faults) for name in (MANIFEST, SUMS, RECORD))
    manifest, complaint = (None, "") if content is None else _parse(content, month_of(folder.name))
    return _Raw(
        folder,
        manifest,
        complaint,
        None if content is None else hashlib.sha256(content).hexdigest(),
        None if sums_ is None else sums_.decode("utf-8", errors="replace"),
        record,
        faults,
    )


def _bytes(path: Path, faults: list[Finding]) -> bytes | None:
    """The file's content; None where there is none, and why among the faults."""
    try:
        if not path.is_symlink():
            return path.read_bytes()
        faults.append(linked(path))
    except OSError as fault:
        faults.append(unreadable(path, fault))
    return None


def _parse(content: bytes, label: str) -> tuple[Mapping[str, Any] | None, str]:
    """The manifest, or None and why it is none."""
    try:
        manifest = json.loads(content)
        if manifest["format"] > FORMAT:
            return None, _NEWER
        if manifest["month"]["label"] != label:
            return None, f"it is the manifest of {manifest['month']['label']}"
        _require_form(manifest)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None, "it is not the manifest of a close"
    return manifest, ""


def _require_form(manifest: Mapping[str, Any]) -> None:
    """Look at all that is read of a manifest, so that nobody who reads it stumbles.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: something is missing, or not of its form.
    """
    for end in ("first", "last"):
        date.fromisoformat(manifest["month"][end])
    digests = [*_names(manifest), *listed(manifest).values()]
    paths = [PurePosixPath(path) for path in listed(manifest)]
    kept = [manifest["format"] == FORMAT, manifest["kind"] in {"close", "opening"}, *map(_is_digest, digests)]
    kept += [RECORD in listed(manifest), not {MANIFEST, SUMS} & listed(manifest).keys()]
    kept += [not path.is_absolute() and ".." not in path.parts for path in paths]
    kept += [isinstance(name, str) for name in (each["folder"] for each in manifest["reopened"])]
    if not all(kept) or not isinstance(manifest["money_from"], str | None):
        raise ValueError("the manifest is not of its form")


def _names(manifest: Mapping[str, Any]) -> list[str]:
    """The digests of other closes' manifests that a manifest names."""
    previous = manifest.get("previous_close")
    return [*([] if previous is None else [previous]), *(each["sha256"] for each in manifest.get("reopened", ()))]


def _is_digest(text: str) -> bool:
    return len(text) == hashlib.sha256().digest_size * 2 and not set(text) - set("0123456789abcdef")


def _compare(raw: _Raw, vouched: Collection[str]) -> Sealed:
    """The folder with what its digests say of it."""
    faults = list(raw.faults)
    by_sums = _parse_sums(raw.sums or "")
    is_vouched = raw.sums is None or by_sums.get(MANIFEST) == raw.sha256 or raw.sha256 in vouched
    manifest = raw.manifest if is_vouched else None
    if raw.sha256 is not None and not is_vouched:
        message = f"its SHA-256 is not the one in {SUMS}: one of these two files was changed since the close"
        faults.append(damaged(raw.folder / MANIFEST, message))
    elif raw.complaint:
        hint = ["install the tierctl that closed the month, or a newer one"] if raw.complaint == _NEWER else []
        faults.append(damaged(raw.folder / MANIFEST, raw.complaint, *hint))
    elif manifest is not None and raw.sums is not None and raw.sums != sums(listed(manifest) | _own(raw)):
        faults.append(damaged(raw.folder / SUMS, _CHANGED))
    listing = {path: digest for path, digest in by_sums.items() if path != MANIFEST}
    listing = listing if manifest is None else listed(manifest)
    record = _record(raw, listing, faults)
    return Sealed(raw.folder.name, raw.folder, manifest, raw.sha256, record, listing, tuple(faults))


def _own(raw: _Raw) -> dict[str, str]:
    return {MANIFEST: raw.sha256 or ""}


def _record(raw: _Raw, listing: Mapping[str, str], faults: list[Finding]) -> Mapping[str, Any]:
    """The content of close.json; nothing where it was changed, and then that among the faults."""
    if raw.record is None or RECORD not in listing:
        return {}
    if hashlib.sha256(raw.record).hexdigest() != listing[RECORD]:
        faults.append(damaged(raw.folder / RECORD, _CHANGED))
        return {}
    record = read_record(raw.record)
    if record is None:
        faults.append(damaged(raw.folder / RECORD, "it is not the record of a close"))
    return record or {}


def _parse_sums(text: str) -> dict[str, str]:
    """The digests of SHA256SUMS by relative path, as far as its lines are whole."""
    lines = (line.partition("  ") for line in text.splitlines())
    return {path: digest for digest, _, path in lines if path and _is_digest(digest)}
