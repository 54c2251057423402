"""How a dashboard or a tool reaches a platform: ours, and other people's."""
