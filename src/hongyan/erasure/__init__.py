"""What is known of a number, shown to its owner or erased: requests, the job that goes through all tables, the journal."""
