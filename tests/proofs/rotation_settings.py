"""Settings of the proof of key rotation: clients may keep our keys for two seconds, so keys may rotate every four."""

from dataclasses import replace
from datetime import timedelta

from kapi.config.settings import *  # noqa: F403 - all of them
from kapi.config.settings import OPENID as _OPENID

OPENID = replace(_OPENID, jwks_max_age=timedelta(seconds=2))
