"""Flows: standing rules “when this happens, send that template”, and the people who pass through them.

    something happens → `engine.happened` → an entry waits → `due` → `passing` → a row of the outbox

What may happen is told by higher floors (`triggers`); the sender asks once more before it sends
(`guard`).
"""
