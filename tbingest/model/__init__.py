"""The nouns of tbingest. They import nothing of ours but each other."""
