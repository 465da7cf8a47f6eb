"""From words to a plan: mentions, cues, carry-over between turns, resolution against what the ledger holds."""
