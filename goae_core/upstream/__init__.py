"""Other people's files, read without running anything they contain.

    restricted_unpickler.py   a pickle -> inert records, or a refusal that names what it asked for
    legacy_storage.py         the tensors' numbers inside it
    eg3d.py                   an EG3D snapshot (.pkl) -> preset and generator weights
    goae.py                   a GOAE state dict (.pt) -> encoder or AFA weights
    directions.py             an edit direction (.npy, or a torch archive under that name)

Nothing here imports a class, calls a function or evaluates a line that a file asks for.
"""

from __future__ import annotations
