"""A program that takes the processor's place in a pod and looks around, and the image with it."""
