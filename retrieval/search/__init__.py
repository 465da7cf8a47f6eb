"""What a search is made of: words, vectors, their fusion, and the features of a second look."""
