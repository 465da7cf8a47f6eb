"""One file per command group. Heavy imports stand inside the commands, so that `--help` costs a tenth of a second."""
