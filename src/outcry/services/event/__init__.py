"""Events and markets: their creation and their life, as an admin moves it."""
