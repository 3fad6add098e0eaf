"""What we vouch for: who a signed-in person is, towards an institution's program, in OpenID Connect's words.

A *client* is an institution's program that asks us who someone is. An *authorization request* is one such question,
kept until it is answered. An *approval* is a person's yes to what a client asks for. A *visit* is a session that one
client has seen; it carries the pairwise *subject* (the name under which that institution knows the person) and the
*sid* that logout is told by. A *grant* is what an authorization code stands for; *access tokens* hang on it and die
with it. A *sharing* is one occasion on which attributes were handed over. A *signing key* signs our tokens. A
*logout delivery* is our telling one client that a visit has ended.
"""
