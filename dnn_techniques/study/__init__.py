"""Running experiments and comparing them with what the documents print."""
