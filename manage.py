#!/usr/bin/env python
"""Run Django's commands, and ours."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from contacts_sync.demo import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncsite.settings")
    if sys.argv[1:2] == ["demo"] or environment.wants_a_trial(sys.argv):
        environment.set_up(sys.argv[2:])  # before the settings are read
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
