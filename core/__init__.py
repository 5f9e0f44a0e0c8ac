"""What both other apps and the operator need: see core/README.md."""

__version__ = "0.1.0"
