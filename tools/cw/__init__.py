"""Causeway's command line. Each module holds one concept; commands/ holds one module per command."""
