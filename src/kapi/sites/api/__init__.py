"""The programming interface for everybody: what is offered and by whom. Its schema is /api/openapi.json."""
