"""Pages that people read: the review as one file for who runs the program, and a page of its own for each partner."""

from tierctl.cli.pages.partners import partner_files, partner_pages
from tierctl.cli.pages.review import review_page

__all__ = ["partner_files", "partner_pages", "review_page"]
