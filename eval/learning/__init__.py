"""Makes the learnt data that ships."""
