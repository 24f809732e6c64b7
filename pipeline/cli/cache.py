"""``ringfence cache``: the facts store, shown and pruned."""

import click

from ringfence.pipeline.cli.options import debug_option
from ringfence.pipeline.errors import UsageError


@click.command("cache", short_help="Show or prune the facts store.")
@click.option(
    "--prune", "days", type=click.FloatRange(min=0), metavar="DAYS", help="Remove what was not used for that many days."
)
@click.option("--clear", is_flag=True, help="Remove everything.")
@debug_option
def command(*, days: float | None, clear: bool) -> int:
    """Show where the facts of modules are kept, how many there are and how large, after removing what is asked.

    The place is $RINGFENCE_CACHE, else $XDG_CACHE_HOME/ringfence, else ~/.cache/ringfence. Whatever is removed is made
    again by the next audit that needs it.
    """
    if clear and days is not None:
        message = "--clear removes everything and --prune what is old: give one of the two"
        raise click.UsageError(message, click.get_current_context())
    from ringfence.pipeline.store import FactsStore, default_store

    # Counting and removing do not depend on which LLVM wrote the entries.
    store = FactsStore(default_store(), printer="")
    try:
        removed = store.prune(days) if clear or days is not None else None
        statistics = store.statistics()
    except OSError as error:
        message = (
            f"cannot read the facts store {store.root}: {error.strerror}; check its permissions or $RINGFENCE_CACHE"
        )
        raise UsageError(message) from error
    if removed is not None:
        click.echo(f"removed  {_entries(removed)}")
    click.echo(f"place    {store.root}")
    click.echo(f"holds    {_entries(statistics.entries)}, {_size(statistics.bytes)}")
    return 0


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _size(count: int) -> str:
    """Decimal units, as disks are sold and as `du --si` prints."""
    if count < 1000:
        return f"{count} bytes"
    exponent = min(len(str(count)) - 1, 12) // 3
    return f"{count / 1000**exponent:.1f} {'kMGT'[exponent - 1]}B"
