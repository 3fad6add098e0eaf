"""Suppliers of mobile signatures: the port, which one is in use, one file for each. `population` has its own."""
