"""What a training will take, before anything is loaded: trainable parameters, memory by part, hours, money, the cheapest plan that fits."""
