"""The schema's history, run by headway.ledger.migrate."""
