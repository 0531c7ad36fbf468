"""The ledger: the files of closed months, sealed once, chained by their digests, and never changed."""
