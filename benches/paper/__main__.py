"""Command line: `python -m benches.paper --data DATA --table table-3 | --all [--runs RUNS] [--count 8]`."""

from __future__ import annotations

from pathlib import Path

import click

from benches.paper.registry import TABLES
from benches.paper.results import write_result
from benches.paper.store import state, work_through
from benches.paper.table import Options, Table

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def named(text: str) -> Table:
    """A table by its name, or a number alone."""
    table = TABLES.get(text) or TABLES.get(f"table-{text}")
    if table is None:
        raise click.BadParameter(f"no table {text!r}; there are {', '.join(TABLES)}", param_hint="--table")
    return table


def make(table: Table, options: Options, work: Path) -> None:
    """Do a table's work and write its results."""
    units, told = list(table.units(options)), table.facts(options)
    done = work_through(units, work / state() / f"{table.name}.jsonl")
    command = f"python -m benches.paper --data DATA --table {table.name} --count {options.count}"
    facts = {
        "command": command + (" --runs RUNS" if options.runs else ""),
        **told,
        "CPU time": f"{done.seconds / 60:.1f} minutes",
    }
    write_result(table.name, table.title, table.about, facts, table.rows(done.records), table.draw)


@click.command()
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True, help="eval/, peers/"
)
@click.option("--table", "names", multiple=True, help="Name of a table, or its number; may be given several times.")
@click.option("--all", "everything", is_flag=True, help=f"All of them: {', '.join(TABLES)}.")
@click.option(
    "--runs", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Networks of several widths."
)
@click.option("--count", type=click.IntRange(1), default=8, show_default=True, help="Pictures of each set.")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), default=".paper", show_default=True)
def main(data: Path, names: tuple[str, ...], everything: bool, runs: Path | None, count: int, work: Path) -> None:
    """Redo tables of the evaluation and write them to docs/results/.

    What was measured is kept in --work and not measured again by the same encoder, profiles and networks. Networks of
    --runs that were trained anew aren't noticed: remove --work then.
    """
    tables = list(TABLES.values()) if everything else [named(name) for name in names]
    if not tables:
        raise click.UsageError(f"--table or --all; there are {', '.join(TABLES)}")
    for table in tables:
        make(table, Options(data, runs, count), work)


if __name__ == "__main__":
    main()
