"""A real PostgreSQL and a real Redis from Python wheels, for development and tests.

`config.settings.embedded` uses them when no DATABASE_URL or REDIS_URL is set outside
production. A package of its own that imports neither Django nor ours: importing `config` would
load Celery into the keeper, which is a small process that outlives the others.
"""
