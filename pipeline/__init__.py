"""How it runs: cargo, modules, facts, program, hot path, findings, report."""
