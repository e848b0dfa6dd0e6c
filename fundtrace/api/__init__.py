"""File mode for notebooks and commands: load a folder, trace all loans, ask for one trail."""
