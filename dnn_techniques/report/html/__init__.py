"""Compared groups as one HTML file: it opens from disk, and asks no network for anything."""
