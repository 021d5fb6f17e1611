"""What readers are asked, and how far their word can be trusted."""
