"""The trail: where an event came from, and the chain that makes it impossible to change unseen."""
