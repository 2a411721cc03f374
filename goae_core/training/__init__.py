"""How the embedded model is made: rendered heads, stages, and the loop that runs them."""
