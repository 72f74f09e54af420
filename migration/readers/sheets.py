"""XLSX, XLS, XLSB and ODS: every sheet as rows of texts, read by a bounded program of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from migration.readers.archives import DAMAGED, check_members
from migration.readers.sheets_program import PASSWORD
from migration.rules.faults import FileRefused
from registry.rules.phrases import Phrase

_PROGRAM = Path(__file__).with_name("sheets_program.py")
_MEGABYTE = 1024 * 1024
WORKBOOK_BYTES = 600 * _MEGABYTE  # unpacked: about a million rows of ten columns
MEMORY_MEBIBYTES = 2048
SECONDS = 300


def sheets(file: BinaryIO) -> Iterator[tuple[str, Iterator[list[bytes]]]]:
    """(sheet, rows) of a workbook, one after another; a row's cells are UTF-8.

    Raises FileRefused: workbook-password, workbook-broken, workbook-too-large.
    """
    _check(file)
    with tempfile.NamedTemporaryFile() as copy, tempfile.TemporaryFile() as out:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        arguments = [sys.executable, "-P", str(_PROGRAM), copy.name, str(MEMORY_MEBIBYTES), str(SECONDS)]
        done = subprocess.run(arguments, stdout=out, stderr=subprocess.PIPE, check=False)  # noqa: S603 - our own program
        if done.returncode:
            raise _refusal(done.returncode, done.stderr)
        out.seek(0)
        lines = map(_Line(), out)
        for name, rows in groupby(lines, key=lambda line: line[0]):
            yield name, (row for _, row in rows if row is not None)


class _Line:
    """Each line with the name of its sheet; None for the line that names the sheet."""

    def __init__(self) -> None:
        self.sheet = ""

    def __call__(self, line: bytes) -> tuple[str, list[bytes] | None]:
        told: Any = orjson.loads(line)
        if isinstance(told, dict):
            self.sheet = told["sheet"]
            return self.sheet, None
        return self.sheet, [cell.encode("utf-8", "replace") for cell in told]


def _check(file: BinaryIO) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    if size > WORKBOOK_BYTES:
        raise _too_large()
    try:
        with zipfile.ZipFile(file) as archive:
            check_members(archive, WORKBOOK_BYTES, _too_large())
    except DAMAGED:
        return  # XLS is no ZIP, and the program below tells what is wrong with one that should be


def _too_large() -> FileRefused:
    template = "Tệp Excel quá lớn (quá {limit} MB sau khi mở): hãy lưu thành CSV UTF-8 hoặc chia nhỏ rồi nộp lại."
    return FileRefused("workbook-too-large", Phrase(template, limit=WORKBOOK_BYTES // _MEGABYTE))


def _refusal(code: int, told: bytes) -> FileRefused:
    if code == PASSWORD:
        return FileRefused("workbook-password", "Tệp Excel có mật khẩu. Hãy bỏ mật khẩu rồi nộp lại.")
    if code < 0 or b"MemoryError" in told or b"allocation" in told:
        return _too_large()
    return FileRefused("workbook-broken", "Tệp Excel hỏng hoặc không đúng định dạng. Hãy mở và lưu lại rồi nộp lại.")
