"""What phones write, in whose mailbox it stands, and what people do with it."""
