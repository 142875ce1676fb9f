"""Making runs: an experiment is found, checked and trained, and leaves a folder."""
