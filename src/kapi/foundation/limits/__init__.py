"""Counters against abuse: how often something may happen in a span of time.

Kept in the database, or in Redis where several machines share them (KAPI_REDIS_URL). Keys are stored as keyed digests,
so that a counter about a person never names one.
"""
