"""Rules: stages, certificates, the gate, bias, and the sentences that say what a number is."""
