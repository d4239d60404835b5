"""The conversations of the demo: what an agent finds in the inbox, and what only Spoki remembers of it.

Everything goes the way that it goes in earnest, each thing at its own time before the demo began: what customers
wrote as the body of a webhook, what agents answered by the reply box's own service, what became of it by receipts.
"""
