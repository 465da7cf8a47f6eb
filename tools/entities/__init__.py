"""The grammar behind entity recognition: names, times, numbers and the facts that they form."""
