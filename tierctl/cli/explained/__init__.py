"""What `explain` tells: what a month is explained from, what the review made of it, and its pages."""
