"""The pages of the scoreboard: history and figures of a template, and two of them side by side."""
