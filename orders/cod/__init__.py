"""Cash on delivery: which orders are, who is asked, what they answer, what people do about it."""
