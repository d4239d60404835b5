"""The page at `/`: the phones of the customers, to read and to answer from."""
