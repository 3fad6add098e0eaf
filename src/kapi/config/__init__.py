"""Wires the layers below together: settings by theme, URLs per site, the reaction table, wsgi."""
