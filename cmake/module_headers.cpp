// Nothing: the target of the headers that modules have in common needs a source.
