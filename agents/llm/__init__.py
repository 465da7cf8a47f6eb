"""Language models by role: routing, health, fallback with a receipt, and the answer cache."""
