"""The whole shop at once: products, customers and orders by bulk operations, never a message to anybody.

`starting` are the buttons, `work` goes on with what is under way, `asking` has Shopify write the files,
`fetching` takes their lines in, `keeping` makes rows of them.
"""
