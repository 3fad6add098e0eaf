"""Registers of who may represent whom: the port, which one is in use, and one file for each."""
