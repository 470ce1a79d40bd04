"""Files, arrays, JSON, URLs, a Dask cluster: what other rooms keep things in."""
