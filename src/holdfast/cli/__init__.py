"""The command line: parse, call the library, render. It has no ability of its own."""
