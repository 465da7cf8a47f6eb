"""The workshop: training data, fine-tuning, evaluation and export of the models behind the product. Importing it loads no model."""
