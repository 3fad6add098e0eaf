"""The demo's mailbox: what would have been sent to people, kept for those who try the demo.

It exists in demo mode only.
"""
