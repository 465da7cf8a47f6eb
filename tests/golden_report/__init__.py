"""The annual report of a bank that does not exist, made by a command, with the truth about every figure printed in it."""
