"""The board's screen and its dialogs."""
