"""Binary TCP order entry: the stand-alone engine. The protocol is `outcry_wire.tcp`."""
