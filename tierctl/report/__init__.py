"""Reports: a review's tables as files that are the same bytes whenever the inputs are the same."""
