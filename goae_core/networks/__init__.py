"""Networks: weights and arithmetic; they open no files, pick no device and know no camera."""
