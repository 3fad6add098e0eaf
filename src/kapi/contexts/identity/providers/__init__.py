"""Suppliers of mobile signatures: the port, which one is in use, and one file for each."""
