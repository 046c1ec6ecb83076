"""The client, as it is written; tools/async_to_sync.py makes `_sync` of it."""
