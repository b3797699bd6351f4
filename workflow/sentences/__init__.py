"""Every code in words, in Japanese and English; ``workflow.messages`` says them."""
