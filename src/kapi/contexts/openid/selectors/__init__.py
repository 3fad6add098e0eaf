"""Questions, one module per noun."""
