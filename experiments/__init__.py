"""Scripts whose trainings take long; their results are committed beside them."""
