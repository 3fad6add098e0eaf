"""Someone asks: one package per site, over the shared `ui`."""
