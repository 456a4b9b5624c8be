"""The English catalogue (`en`, gettext), and how it is compiled."""
