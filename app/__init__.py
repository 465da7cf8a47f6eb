"""The edges of the product: command line, settings, wiring. Importing it reads no file and no environment."""

__version__ = "0.1.0"
