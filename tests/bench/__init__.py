"""The benchmark: a whole review beside a hand-written DuckDB script and a bare read of the same columns."""
