"""The outside world used safely: HTTP, server-sent events, time."""
