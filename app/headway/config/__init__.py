"""What a person can set on their side: the file, the environment, flags and named contexts (spec: dashboard, D16)."""
