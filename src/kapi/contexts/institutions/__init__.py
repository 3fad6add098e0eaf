"""Who offers: institution, unit, membership, role, permission."""
