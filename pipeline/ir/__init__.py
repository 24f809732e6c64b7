"""Reading LLVM IR: llvmlite parses and prints, one linear scan makes the facts."""
