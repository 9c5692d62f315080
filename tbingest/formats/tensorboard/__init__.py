"""What TensorBoard's own pages download: CSV and JSON."""
