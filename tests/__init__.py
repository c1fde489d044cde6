"""The suite; laid out as the source is. See CONTRIBUTING.md."""
