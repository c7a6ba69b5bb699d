"""The questions of ``samplegen evaluate``: each is a function that returns a `Report`."""
