"""The pages /mailbox/ of development: what the mailbox of `scripts/run` has kept."""
