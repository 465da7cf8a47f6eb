"""A language model of our own: its tokenizer, the text it learns from, and its pretraining from nothing."""
