"""`accelir encode`."""

from __future__ import annotations

import click

from accelir.commands import groups, options
from accelir.commands.coding import Coding
from accelir.commands.encoding import Encode
from accelir.commands.pictures import Shaping
from accelir.commands.places import Places, with_plots
from accelir.commands.several import FleetOptions, SetOptions
from accelir.commands.transfers import write_all
from accelir.formats.registry import FORMATS
from accelir.formats.request import AUTO_REFERENCE


@click.command(short_help="Write pictures as JPEG or WebP of a size or quality.")
@click.argument("inputs", nargs=-1, metavar="INPUT...", shell_complete=options.complete_path)
@groups.places
@groups.coding
@groups.kinds
@groups.shaping
@groups.sets
@groups.fleet
@options.max_pixels_option
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Pictures to encode at a time.")
@click.option("--dask", metavar="ADDRESS", help="Let the workers of this Dask scheduler do it.")
@options.plot_option
@options.json_option
@options.quiet_option
def encode(
    inputs: tuple[str, ...],
    places: Places,
    coding: Coding,
    kinds: frozenset[str],
    shaping: Shaping,
    sets: SetOptions,
    fleet: FleetOptions,
    max_pixels: int | None,
    jobs: int,
    dask: str | None,
    plot: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Encode pictures to an exact size, which --bpp or --max-bytes gives, or to a quality, by --target.

    One picture is encoded by all cores, of several each by one of the --jobs.

    With --shards IN and --out OUT, shards of pictures become shards of files: a run that was cut off goes on.
    With --total-bytes, or --bpp and --as-set, all pictures are one set: they share the bytes so that the set is best.

    INPUT is a picture that Pillow opens, a folder of such, a pattern, or - for standard input; with the extra "remote"
    also a URL, as s3://bucket/folder. An input of the format written that has no more bytes than asked for is copied.
    """
    if fleet.asked:
        from accelir.commands.fleet import Running, write_fleet

        work = Encode(coding, kinds, shaping, max_pixels)
        running = Running(jobs, dask, places.force, as_json, quiet)
        write_fleet(fleet, inputs, places.schemes, work, sets, running)
    if not inputs:
        raise click.UsageError("Missing argument 'INPUT...'.")
    if sets.is_asked(coding):
        if dask is not None:
            raise click.UsageError("a set is made on this machine; --shards takes a cluster")
        from accelir.commands.sets import write_set

        options.check_drawing(plot, [], places.schemes)
        work = Encode(coding, kinds, shaping, max_pixels)
        write_set(inputs, places, work, sets, jobs=jobs, plot=plot, as_json=as_json, quiet=quiet)
    coding = coding.checked(places.output)
    transfers = places.plan(inputs, FORMATS[coding.format].suffix, quiet=quiet)
    if coding.reference not in (None, AUTO_REFERENCE) and len(transfers) > 1:
        raise click.UsageError(f"--reference is of one input and {len(transfers)} came; give --reference-dir")
    options.check_plot(plot, [transfer.target for transfer in transfers], places.schemes)
    if len(transfers) == 1 and dask is None:
        coding = coding.by_all_cores()
    work = Encode(coding, kinds, shaping, max_pixels)
    write_all(
        with_plots(transfers, plot),
        work,
        quiet=quiet,
        as_json=as_json,
        jobs=jobs,
        dask=dask,
        dry_run=places.dry_run,
    )
