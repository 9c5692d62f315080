"""The version of tbingest, as pyproject.toml says it."""

VERSION = "0.1.0"
