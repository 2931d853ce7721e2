"""Store: audits the committed facts and saves what the engine starts from."""
