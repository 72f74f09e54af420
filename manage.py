#!/usr/bin/env python
"""Django's command line. Use bin/manage, which sets the environment up."""

import os
import sys


def main() -> None:
    """Run administrative tasks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanoi_ehr.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - Django asks for the settings first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
