"""Who may act for whom, in which service.

A **mandate** lets a **representative** (a person) act for a **principal** (a legal person; other kinds may follow). Its
**scope** is all services or listed ones; its **term** says from when until when; its **source** is the register that
states it. Asking a register anew **confirms** a mandate or **ends** it. An **inquiry** is our asking.
"""
