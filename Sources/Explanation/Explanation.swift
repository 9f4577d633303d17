// Laid out in the steps that follow.
