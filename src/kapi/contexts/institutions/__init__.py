"""Who offers.

Institution: a public body or one of its units, one node of the tree, known by its 8-digit code (kurum kimlik kodu)
that never changes. Unit: an institution below another. Membership: a person holds a role at an institution. Role: what
somebody is there; permission: what a role may do, at its institution and everything below. Proposal: a deed that takes
two people, written down by one and decided by another. Emergency: an hour of wide rights for one operator, granted by
another, told to all, and reviewed.
"""
