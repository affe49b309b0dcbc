"""Trains, exports and evaluates the pair of networks that Whereabouts compares places with."""
