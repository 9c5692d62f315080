"""Keras: CSV logger, history, console and tuner."""
