"""The commands, a file each: ``HELP`` for the overview, ``add_options`` and ``run``.

What takes seconds to import (torch, Lightning) is imported when a command runs, so that `list` and
`--help` answer at once.
"""
