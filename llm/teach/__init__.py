"""The teacher: a large model on a server labels conclusions, quotes its evidence, paraphrases."""
