"""What calendar programs read: files, invitations, feeds. Nothing here asks the database."""
