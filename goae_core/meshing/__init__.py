"""Heads as meshes for other programs: shape, colours, files.

MeshOptions                                      what is wanted
export_mesh(pipeline, portrait, path, options)   the whole way, from a head to a finished file
build_mesh(pipeline, portrait, options)          the same without the file
"""
