"""The inbox: who waits for an answer, whose conversation it is, what was put off and what is done."""
