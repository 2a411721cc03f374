"""Volume rendering: rays, samples, compositing."""
