"""Who asks.

A **person** is a human being known to the gateway by an identity number, a **legal person** a company, association or
foundation known by its tax number; a session may act for one where `mandates` allows it. An **account** is a person's
right to sign in. At a **desk** staff hand over a **sealed code**, which opens the account once, to choose a password.
A **session** is one sign-in on one **device**, a browser that the account has seen before. An **authenticator** is what
a person has added to prove themselves with; a **proof** is one occasion on which they did, and a session's **evidence**
is all of its proofs, from which its **assurance** is worked out. The **history** is what happened at the account's
door, for its owner to read.
"""
