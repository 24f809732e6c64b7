"""Prints every table of `docs/accuracy.md`; writes no file but what is built.

PYTHONPATH=tests python -m truth
"""

from truth import deed_tables, oracle, panicking, sharing, thirteen, verdicts

oracle.main()
deed_tables.main()
panicking.main()
sharing.main()
thirteen.main()
verdicts.main()
