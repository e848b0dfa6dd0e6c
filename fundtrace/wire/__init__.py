"""Protobuf to values and back, and nothing else; the only room that sees generated code."""
