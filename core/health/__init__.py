"""Is it well? For load balancers, for people, and in detail for whoever may know."""
