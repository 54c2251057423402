"""What is durably true: delegations, their events, workspaces and tokens (spec: lifecycle, platform-api, safety)."""
