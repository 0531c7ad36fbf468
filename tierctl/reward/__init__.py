"""What a review pays: rates, lines of commission and credit, and the statements that they add up to."""
