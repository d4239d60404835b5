"""What Spoki's history of a number is read with: rows that remember, pages that are joined, words for the card."""
