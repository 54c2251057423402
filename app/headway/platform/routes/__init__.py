"""The HTTP API, a module per part of spec platform-api."""
