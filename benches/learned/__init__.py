"""A small learned codec, to see whether one is worth a third format: `python -m benches.learned train` and `score`.

A convolutional autoencoder whose activations, that of the latents among them, are hard shrinkages: what lies below a
learned threshold becomes exactly zero (after Kirmemis 2023, chapter 3). The latents are rounded and coded with a
hyperprior of means and scales (Minnen et al. 2018). Training starts at the principal components of blocks. It needs
torch and PyPI's `constriction`, and nothing else of this project needs it.
"""
