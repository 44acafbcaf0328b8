"""Bytes to values: how a request is spelt in HTTP, and how an answer is read."""
