"""The pages of template drafts: editor, review, submission, comparison."""
