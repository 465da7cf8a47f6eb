"""From a trained adapter to a served version: export, quantisation, parity, registry, gate, A/B and shadow runs, hot-swap."""
