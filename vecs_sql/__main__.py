"""The program `vecs-sql`, and `python -m vecs_sql`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; Ctrl-C while it still loads ends it without a traceback, too."""
    try:
        from vecs_sql import cli

        cli.main(prog_name="vecs-sql")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
