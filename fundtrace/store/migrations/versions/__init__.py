"""One file per version of the schema; what was released is never edited."""
