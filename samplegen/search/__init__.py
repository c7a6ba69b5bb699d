"""Find sounds in a library: by words, by another sound, and the ones that are there twice.

The index lies in the user's cache (`store`), is filled by `indexing` and asked by `query`;
`library` joins them. Asking it in words imports no torch (`text_tower`).
"""
