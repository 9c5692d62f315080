"""What is of no framework: tables, JSON, text, notes, configs."""
