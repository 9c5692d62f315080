"""A source becomes points: its bytes are fed to a reader, and its rows are mapped."""
