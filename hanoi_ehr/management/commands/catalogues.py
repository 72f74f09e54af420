"""`bin/manage catalogues`: bring the translation catalogues up to date, without GNU gettext.

To fill in what is missing: `catalogues --missing new.po`, write the English into new.po, `catalogues --fill new.po`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hanoi_ehr.catalogues import VIETNAMESE_BY_LAW, Catalogue, compile_mo, find_texts, read_po, write_po

FOLDERS = ("hanoi_ehr", "registry", "records", "clinics", "screening", "migration", "templates")
NOTES = {
    "en": "The English of our Vietnamese texts. Made by: bin/manage catalogues",
    "vi": "The Vietnamese of texts that third parties (django-allauth, django-unfold, django-axes) wrote in English.",
}


def sources() -> Iterator[Path]:
    """Every file whose texts people read."""
    for folder in FOLDERS:
        for path in (Path(settings.BASE_DIR) / folder).rglob("*"):
            known = path.suffix in {".py", ".html"} or (path.suffix == ".json" and path.parent.name == "data")
            by_law = path.relative_to(settings.BASE_DIR).as_posix() in VIETNAMESE_BY_LAW
            if known and not by_law and "migrations" not in path.parts:
                yield path


def catalogue_path(language: str, suffix: str) -> Path:
    """Where the catalogue of a language lives; suffix is po or mo."""
    return Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def english() -> Catalogue:
    """The English catalogue as it should be: every text of the source, with the translation it already has."""
    known = read_po(catalogue_path("en", "po"))
    return {text: known.get(text, []) for text in find_texts(sources())}


class Command(BaseCommand):
    """Collects texts into locale/en, then compiles locale/en and locale/vi."""

    help = "Collect texts to translate and compile the catalogues; --check only reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail when English texts are missing")
        parser.add_argument(
            "--missing", type=Path, metavar="FILE", help="write the texts without English to a .po file"
        )
        parser.add_argument(
            "--fill", type=Path, metavar="FILE", help="take the English of a .po file into the catalogue"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or check."""
        catalogue = english()
        if options["fill"]:
            catalogue |= {text: forms for text, forms in read_po(options["fill"]).items() if text in catalogue}
        missing = [text.text for text, forms in catalogue.items() if not (forms and all(forms))]
        if options["missing"]:
            untold = {text: forms for text, forms in catalogue.items() if text.text in missing}
            write_po(
                options["missing"], untold, "en", "Write the English and give it back: bin/manage catalogues --fill"
            )
            return
        if options["check"]:
            if missing:
                raise CommandError(f"{len(missing)} texts without English:\n" + "\n".join(sorted(missing)))
            return
        write_po(catalogue_path("en", "po"), catalogue, "en", NOTES["en"])
        for language in NOTES:
            compiled = compile_mo(read_po(catalogue_path(language, "po")), language)
            catalogue_path(language, "mo").write_bytes(compiled)
        self.stdout.write(f"{len(catalogue)} texts, {len(missing)} without English")
