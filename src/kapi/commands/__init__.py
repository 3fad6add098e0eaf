"""An operator types: the `kapi` program, one module per noun."""
