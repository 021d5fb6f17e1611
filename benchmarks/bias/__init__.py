"""The benchmark of the promise (definitions: section 8): does the gate stop confirmation bias, at which price?"""
