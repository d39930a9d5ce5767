"""Microsoft 365: the main Outlook Contacts folder of a user, through Microsoft Graph."""
