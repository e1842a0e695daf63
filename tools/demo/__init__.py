"""The demonstration: real documents through a real cluster, shown live. Checks nothing deeply."""
