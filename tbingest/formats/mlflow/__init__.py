"""MLflow: its folders and its database."""
