"""Files that the program carries: the embedded model, sample portraits, icons, licences.

Find them with ``importlib.resources.files("resources")``: that works from a checkout and from an installed
package alike.
"""

from __future__ import annotations
