"""CatBoost: its JSON and its tables of errors."""
