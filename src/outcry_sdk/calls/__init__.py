"""Every call of the exchange as a value; nothing here sends anything. See `outcry_sdk.core`."""
