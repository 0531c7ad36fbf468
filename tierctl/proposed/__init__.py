"""What a workspace could look like for a folder of exports: seen, read, matched, and written as a proposal."""
