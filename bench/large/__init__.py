"""A million rows: what they cost, and how fast they are searched at a fixed recall."""
