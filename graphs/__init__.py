"""What the program is: facts, the linked program, the hot path. No input or output happens here."""
