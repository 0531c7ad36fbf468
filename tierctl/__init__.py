"""tierctl: month-end tier reviews of channel partner programs."""

__version__ = "0.1.0"
