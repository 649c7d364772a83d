"""Training of the learnt data that ships."""
