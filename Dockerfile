# syntax=docker/dockerfile:1
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.txt

FROM python:3.11.14-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    EHR_VAR=/var/lib/hanoi-ehr
RUN groupadd --system --gid 10001 ehr \
    && useradd --system --uid 10001 --gid ehr --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ehr \
    && install --directory --owner=ehr --group=ehr --mode=0750 /var/lib/hanoi-ehr /var/lib/hanoi-ehr/files
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/hanoi-ehr
COPY . .
# Static files belong to the image. Settings need some values to be read; these live for this one command only.
RUN EHR_ENV=demo SECRET_KEY=build DATABASE_URL=postgres://build@localhost/build \
        python manage.py collectstatic --noinput --verbosity 0 -i redoc -i rest_framework
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 CMD ["python", "deploy/health.py"]
CMD ["sh", "-c", "exec gunicorn hanoi_ehr.wsgi:application --bind 0.0.0.0:8000 --worker-class gthread --workers ${WEB_WORKERS:-4} --threads ${WEB_THREADS:-4} --timeout 60 --graceful-timeout 30 --worker-tmp-dir /dev/shm --no-control-socket --forwarded-allow-ips '*'"]
