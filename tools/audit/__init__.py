"""The auditor: every digit of a text is bound to a figure of the fact sheet, or the text does not leave."""
