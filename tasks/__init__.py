"""The worker side: a thin Celery shell over the services. A message carries at most an id."""
