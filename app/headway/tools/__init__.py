"""What an agent imports to talk to other agents, straight or through a platform (spec: agent-tools)."""
