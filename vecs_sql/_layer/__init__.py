"""The SQL layer as text: its sources, what they render to, and how an installed layer differs from them."""
