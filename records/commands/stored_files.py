"""Taking away files that a failed transaction left in the stores of papers and of received forms."""

from __future__ import annotations

from datetime import timedelta

from records.queries.stored_files import forms_folder, named_forms, named_papers, papers_folder
from registry.commands.file_store import remove_unnamed
from registry.kernel import Context, Permission, command, record_audit

KEPT_FOR = timedelta(days=1)  # whatever brings a file has long ended by then


@command(Permission.DOCUMENT_ADD)
def sweep_stored_files(ctx: Context) -> dict[str, int]:
    """Remove what came more than a day ago and no row names; how many files of each store."""
    before = ctx.at - KEPT_FOR
    removed = {
        "papers": remove_unnamed(papers_folder(), named_papers, before),
        "forms": remove_unnamed(forms_folder(), named_forms, before),
    }
    record_audit(ctx, "sweep-files", detail=removed)
    return removed
