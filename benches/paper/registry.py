"""Which tables there are."""

from __future__ import annotations

from benches.paper import emulation, rate_distortion, size, table_3, table_4, widths
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
    )
}
