"""Which tables there are."""

from __future__ import annotations

from benches.paper import (
    emulation,
    kirmemis_detail,
    kirmemis_sets,
    latency,
    ma,
    overhead,
    palloni,
    rate_distortion,
    size,
    spread,
    table_3,
    table_4,
    vu,
    widths,
)
from benches.paper.table import Table

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        widths.TABLE_1,
        widths.TABLE_2,
        table_3.TABLE,
        table_4.TABLE,
        size.TABLE,
        rate_distortion.TABLE,
        emulation.TABLE,
        spread.TABLE,
        latency.TABLE,
        overhead.TABLE,
        palloni.TABLE,
        vu.TABLE,
        ma.TABLE,
        kirmemis_sets.TABLE,
        kirmemis_detail.TABLE,
    )
}
