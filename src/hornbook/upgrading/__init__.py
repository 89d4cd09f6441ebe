"""Configs that older versions wrote, rewritten for Keras 3.

Nothing here needs Keras or NumPy: rules rewrite raw JSON, and say what they did.
"""
