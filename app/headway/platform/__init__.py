"""The server: HTTP API, dispatcher, event stream, registry, auth. It meets the dashboard on the wire only."""
