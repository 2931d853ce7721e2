"""What both doors of the CLOB surface say alike, over HTTP and on sockets. Pure, but for `fees`."""
