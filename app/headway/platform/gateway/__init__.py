"""The A2A gateway: calls passed on to agents as they come, and the queue for what a busy agent cannot take."""
