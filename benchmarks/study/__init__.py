"""The study's tables again: every arm that needs no reader, on any source (docs/study.md)."""
