"""Gates for CI: rules over curves, baselines, and what they found in every form a CI reads."""
