"""The vocabulary of the product: units, periods, indicators, banks, figures, evidence, errors and the bundled catalogue.

Nothing in this package imports a framework, and importing it opens no file and reads no environment.
"""
