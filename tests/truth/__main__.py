"""Prints every table of `docs/accuracy.md`; writes no file but what is built.

PYTHONPATH=tests python -m truth
"""

from truth import oracle, verdicts

oracle.main()
verdicts.main()
