"""The parts that a format is made of; public for plug-ins."""
