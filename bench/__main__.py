"""The command: python -m bench."""

from __future__ import annotations

import click

from bench import (
    adopted,
    builds,
    clients,
    costs,
    first,
    growth,
    many,
    page,
    precision,
    prepare,
    statistics,
    throughput,
    words,
)
from bench.graph import command as graph
from bench.judged import command as judged
from bench.large import command as large
from bench.shards import command as shards
from bench.sweep import command as sweep


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Compare vecs-sql with hand-written SQL and other vector stores.

    Contenders take turns in one run, in a new order every round. A figure is the median of the
    rounds, and a ratio the median of the rounds' ratios. The servers are the benchmark's own.
    """


main.add_command(first.command)
main.add_command(prepare.command)
main.add_command(sweep.command)
main.add_command(many.command)
main.add_command(growth.command)
main.add_command(adopted.command)
main.add_command(graph.command)
main.add_command(precision.command)
main.add_command(builds.command)
main.add_command(throughput.command)
main.add_command(statistics.command)
main.add_command(judged.command)
main.add_command(words.command)
main.add_command(large.command)
main.add_command(shards.command)
main.add_command(clients.command)
main.add_command(costs.command)
main.add_command(page.command)

if __name__ == "__main__":
    main()
