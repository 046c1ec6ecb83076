"""HNSW graphs of several sizes: what they cost to build, and how well they are searched."""
