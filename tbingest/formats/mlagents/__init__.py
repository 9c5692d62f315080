"""Unity ML-Agents: training status and timers."""
