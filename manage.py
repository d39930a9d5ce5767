#!/usr/bin/env python
"""Run Django's commands, and ours."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from contacts_sync.demo import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncsite.settings")
    if sys.argv[1:2] == ["demo"] or environment.wants_a_trial(sys.argv):
        environment.set_up(sys.argv[2:])  # before the settings are read
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # all that is missing; where Python was when it noticed says nothing


if __name__ == "__main__":
    main()
