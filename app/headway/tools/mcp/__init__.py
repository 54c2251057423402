"""The verbs as tools of an MCP server, over stdio and streamable HTTP, on the official SDK (extra `[mcp]`).

Only `headway mcp` imports what is in here; `schemas`, `arguments` and `reporting` do without the SDK.
"""
