"""Values of the context, one module per noun."""
