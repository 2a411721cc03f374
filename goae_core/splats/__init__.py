"""Heads as Gaussian splats.

fit_splats(pipeline, portrait)   a head's Gaussians, and how close they come to the neural rendering
Gaussians.write(path)            a .ply as the viewers of 3D Gaussian splatting read it
"""
