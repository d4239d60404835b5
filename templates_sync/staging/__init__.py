"""From the first word of a template to Meta's answer: writing, review, submission, following."""
