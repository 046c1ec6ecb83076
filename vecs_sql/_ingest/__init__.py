"""What callers upsert, read into batches of rows."""
