"""What is offered.

Public service: something a public body does for people, known by a code that is never used again. Revision: one
edition of what is said about a service, unchangeable once published. Channel: where to get it. Requirement: a
condition; evidence: a document to bring; output: what comes out; cost; processing time; legal basis. Life event: what
happens to people, with steps that are services or advice. Category: a thematic area. Synonym: a word people use for it.
Favourite: a service that a person has put on their own page.
The terms are those of CPSV-AP 3.2 (Core Public Service Vocabulary, Application Profile).
"""
