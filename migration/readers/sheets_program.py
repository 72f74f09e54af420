"""The rows of a workbook as JSON lines, for `migration.readers.sheets`: a program of its own, because a sheet is held whole.

python sheets_program.py FILE MEBIBYTES SECONDS. Each line is {"sheet": name} or a row as a list of texts. What it may take
of memory and time is bounded by the system, so a hostile workbook ends this program and nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

MEBIBYTE = 1024 * 1024
PASSWORD, BROKEN = 3, 4  # exit codes


def main(path: str, mebibytes: int, seconds: int) -> int:
    """Write every sheet to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MEBIBYTE, mebibytes * MEBIBYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError  # noqa: PLC0415 - under the limits

    try:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                _write({"sheet": name})
                for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False):
                    _write([_text(cell) for cell in row])
    except PasswordError:
        return PASSWORD
    except (CalamineError, ValueError, OSError) as problem:
        sys.stderr.write(type(problem).__name__)
        return BROKEN
    return 0


def _write(line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")


def _text(cell: object) -> str:
    """A cell as a person would type it; dates year first, which no order of day and month can turn round."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, str | int | timedelta) else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
