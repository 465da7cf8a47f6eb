"""The deterministic writer: one paragraph per finding, in references, answer first. Any model writes in the same grammar."""
