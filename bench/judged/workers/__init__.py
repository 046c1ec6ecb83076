"""The other stores, each in an environment of its own."""
