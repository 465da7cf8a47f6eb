"""What an agent calls: exact calculation, formulas, decompositions, entities, the fact sheet and report rendering."""
