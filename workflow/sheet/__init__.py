"""The evaluation sheet as a value: content, judging of indicators, what is missing. Pure."""
