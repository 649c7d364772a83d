"""Words of a query: lexicon, aliases, thesaurus, out-of-domain detection."""
