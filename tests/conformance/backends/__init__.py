"""One set of scenarios for every backend, each with a real server at the other end; differences are named flags."""
