"""Addresses: `all_sites` for one host; one module per site for host names of their own."""
