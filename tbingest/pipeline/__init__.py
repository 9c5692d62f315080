"""The driver: plan, read, write; once or live."""
