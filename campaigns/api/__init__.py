"""Campaigns and the account over HTTP: they translate, call one service, and translate back."""
