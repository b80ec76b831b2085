"""The native CPU executor: a C++ library, and what packs weights for it and calls it.

Nothing here imports torch.
"""
