"""Report writers: one a file. Only these know terminals and file formats."""
