"""Synthetic heads: a head pack in, pictures with cameras, mattes, depth and labels out.

head_pack -> person -> morphing -> scene -> lighting -> rasterizer -> shading -> rendering -> dataset_writer
"""
