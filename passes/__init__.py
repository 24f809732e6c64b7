"""What is judged: one family of rules a module; a rule is data and a small predicate."""
