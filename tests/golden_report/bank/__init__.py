"""The figures of the fictional bank: drawn from a seed at the leaves, summed and divided everywhere else."""
