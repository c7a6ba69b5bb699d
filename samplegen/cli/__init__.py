"""The command line: a command parses, calls, prints and exits; nothing else lives here."""
