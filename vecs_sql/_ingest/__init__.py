"""Records, columns, data frames and Arrow tables, read into batches of rows."""
