# One image for every process. The command decides which:
#   docker run … holdfast web | worker | clock | migrate | manage COMMAND …
# Everything else comes from the environment: README.md has the table, docs/deployment.md the steps.

# The version that the tests run on; every package has wheels for 3.12 to 3.14 as well.
ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /opt/holdfast
# Before the code, so that a change of the code does not install everything again.
COPY requirements/base.txt /app/requirements/base.txt
RUN python -m pip --python /opt/holdfast/bin/python install --require-hashes --only-binary=:all: -r /app/requirements/base.txt
COPY manage.py LICENSE .env.example /app/
COPY config /app/config
COPY core /app/core
COPY bookings /app/bookings
COPY notifications /app/notifications
COPY embedded /app/embedded
COPY templates /app/templates
COPY static /app/static
COPY locale /app/locale
WORKDIR /app
# Production's settings insist on secrets: these are thrown away with this line. What is ignored
# are pages that we do not have.
RUN new() { /opt/holdfast/bin/python -c "import secrets; print(secrets.token_hex(32))"; } \
    && APP_ENV=production SECRET_KEY="$(new)" ENCRYPTION_KEY="$(new)" ENCRYPTION_INDEX_KEY="$(new)" LINK_KEY="$(new)" \
       JWT_ACCESS_SECRET="$(new)" JWT_REFRESH_SECRET="$(new)" \
       DATABASE_URL=postgres://build@nowhere.invalid/build REDIS_URL=redis://nowhere.invalid \
       ALLOWED_HOSTS=build.invalid PUBLIC_BASE_URL=https://build.invalid \
       SMTP_HOST=nowhere.invalid MAIL_FROM=build@build.invalid \
       /opt/holdfast/bin/python manage.py collectstatic --no-input --ignore redoc --ignore rest_framework \
    && /opt/holdfast/bin/python -m compileall -q /app

FROM python:${PYTHON_VERSION}-slim
RUN groupadd --gid 10001 holdfast \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin holdfast \
    && install -d -o holdfast -g holdfast /var/lib/holdfast
COPY --from=build /opt/holdfast /opt/holdfast
# Owned by root: the process can read its code and not change it.
COPY --from=build /app /app
ENV PATH=/opt/holdfast/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production \
    PORT=8000 \
    METRICS_PORT=9000 \
    VAR_DIR=/var/lib/holdfast
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD python -m core.health.probe $PORT $METRICS_PORT
ENTRYPOINT ["python", "-m", "config.process"]
CMD ["web"]
