"""Answers rendered for people and programs: terminal, JSON, CSV, GraphML, SVG, HTML."""
