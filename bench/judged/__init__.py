"""Searches for words, for meaning and for both, judged by answers that are known."""
