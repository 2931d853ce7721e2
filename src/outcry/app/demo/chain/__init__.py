"""`outcry demo --chain`: bots with keys trade out of an escrow on a development chain."""
