"""The onchain service: settlement requests → transactions → verdicts."""
