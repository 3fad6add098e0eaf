"""The audit trail: who did what to what, when. Everyone appends to it and it knows nobody.

Rows hold ids, never personal data, and are only ever inserted. A single-writer job seals them in order into a hash
chain, so that writers never wait for each other.
"""
