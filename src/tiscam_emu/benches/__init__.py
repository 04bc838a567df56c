"""Cameras described in a file: read and checked as a whole, started together, held by name."""
