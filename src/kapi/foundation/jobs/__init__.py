"""Work by the clock: which job is due, who runs it, and whether any worker is alive.

A *job* is a plain function over a bounded batch, named by its dotted path in the schedule. A *worker* is a running
`kapi work`. A worker runs a job under a *lease*, which it renews while it lives; the lease of a dead worker runs out.
"""
