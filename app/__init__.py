"""What people and operators use: the web app (`factory`), the command line (`cli`), the scenario runner, the replay.

Nothing is imported here: a command line that answers at once must not load the web app first.
"""
