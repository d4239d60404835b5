"""The sender: what may leave now, in which order, how fast; and what became of it.

Read it from `drain` (the loop) downwards: `claim` asks `allowance` (pure) how many may start and
takes them from the queue through `reserve`, `guards` has the last word before `start` marks them,
`post` speaks to Spoki, `outcome` (pure) says what an answer means, `record` writes it down,
`housekeeping` does what time alone brings about.
"""
