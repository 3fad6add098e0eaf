"""Something happened: one module per story, "when this there, do that here"."""
