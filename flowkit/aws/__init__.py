"""What is asked of AWS, and with which rights: every client comes from `connect`, and can only read."""
