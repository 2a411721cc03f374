"""The command `goae`. Imports no Qt, and what is slow to load, such as torch, only in the commands that need it."""
