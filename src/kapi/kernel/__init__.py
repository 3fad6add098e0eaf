"""Plain Python that every layer may use: identifiers, Turkish text, actors, errors, events."""
