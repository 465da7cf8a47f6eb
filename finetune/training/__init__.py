"""Training of language models: what is trained on what, how, and the record of every run. Nothing heavy is imported at the top."""
