"""What `what-if` tells: what was asked, and the answer as text, plots, tables and a page."""
