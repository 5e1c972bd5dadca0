"""What comes in from pages, checked."""
