"""StyleGAN: statistics and metrics."""
