"""Calls of the SQL functions, their arguments and the rows they return; no I/O."""
