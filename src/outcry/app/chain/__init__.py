"""`outcry chain`: development chains, deploying the contracts, and looking at them."""
