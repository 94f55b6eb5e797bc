"""One module per command, each with HELP (one line), DETAILS (for `./cw help`), add_arguments() and main()."""
