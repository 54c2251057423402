"""The ledger's operations by subject: each is one transaction or one consistent read of the module it names."""
