"""What differs between two reviews, and how much of it which cause makes.

Pure: from tables, and from what they were evaluated from, to tables. Who evaluates again is handed in.
"""
