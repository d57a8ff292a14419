"""Article 8: the depositor is told of any problem by e-mail and webhook, in its language, until each has taken it."""
