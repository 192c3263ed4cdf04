//! YAML text to a compact node tree with byte spans and comments.
