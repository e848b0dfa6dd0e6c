"""The command line: one file per command group, each importing its work late."""
