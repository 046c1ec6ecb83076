"""The sync client, made of the files in `_async` by tools/async_to_sync.py."""
