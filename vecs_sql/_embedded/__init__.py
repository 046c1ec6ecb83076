"""The parts of the embedded server; `vecs_sql.embedded` is the public module."""
