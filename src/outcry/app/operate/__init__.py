"""Commands of an operator: a client of an exchange that runs, through its HTTP door."""
