"""Adapters to a bank's own data: tables and statements in, checked columns out.

``tables`` loads a folder of movement tables whole or not at all; ``csvtext`` and ``cells``
read cells without ever guessing; the other modules turn foreign data into those tables.
"""
