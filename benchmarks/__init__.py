"""What flowkit's speed and size are measured by: ``make bench``."""
