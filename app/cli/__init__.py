"""The command `goae`. Imports no Qt, and what is slow to load, like torch, only where it is needed."""
