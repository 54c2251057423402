"""What a delegation is: record, lifecycle, events, text. Pure: no I/O, no clock, no framework but pydantic."""
