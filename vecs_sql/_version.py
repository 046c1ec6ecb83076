"""The version of the package and of the SQL layer that it carries."""

__version__ = "0.1.0"
