"""The camera: one room per capability, its declarations and its behaviour side by side; `core` composes them."""
