"""AllenNLP: the metrics of each epoch."""
