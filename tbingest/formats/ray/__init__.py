"""Ray: Tune and RLlib."""
