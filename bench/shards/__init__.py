"""Collections on the shards of a Citus cluster, beside a local one on a server without Citus."""
