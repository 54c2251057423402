"""Talking to A2A agents, whatever dialect they speak: `AgentClient` in, `AgentUpdate`s out."""
