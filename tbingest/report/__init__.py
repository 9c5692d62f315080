"""Every form of a report, of conversions and checks alike."""
