"""The page that one account statement gives: what it shows, and what others must answer."""
