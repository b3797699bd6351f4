# One image for web, worker, beat and preparation; docker-compose.yml says which command runs.
FROM python:3.12-slim AS catcher
# The build tools and the mail catcher are in the group "local"; none of it reaches the city's image.
WORKDIR /build
COPY requirements/local.txt requirements/
RUN python -m venv /opt/hyoka \
 && /opt/hyoka/bin/pip install --no-cache-dir --require-hashes --requirement requirements/local.txt
COPY pyproject.toml README.md ./
COPY workflow workflow
COPY web web
COPY tasks tasks
COPY hyoka hyoka
RUN /opt/hyoka/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/hyoka/bin/pip install --no-index --no-deps /wheels/*.whl \
 && useradd --system hyoka && mkdir /mail && chown hyoka /mail
ENV PATH=/opt/hyoka/bin:$PATH PYTHONUNBUFFERED=1
USER hyoka

FROM python:3.12-slim
COPY requirements/runtime.txt /tmp/runtime.txt
COPY --from=catcher /wheels /tmp/wheels
RUN python -m venv /opt/hyoka \
 && /opt/hyoka/bin/pip install --no-cache-dir --require-hashes --requirement /tmp/runtime.txt \
 && /opt/hyoka/bin/pip install --no-index --no-deps /tmp/wheels/*.whl \
 && rm -r /tmp/runtime.txt /tmp/wheels \
 && useradd --system --home-dir /srv/hyoka hyoka
# Migrations and the sample are laid beside the wheel, never inside it.
COPY migrations /srv/hyoka/migrations
COPY sample /srv/hyoka/sample
ENV PATH=/opt/hyoka/bin:$PATH HYOKA_SHARE=/srv/hyoka PYTHONUNBUFFERED=1
WORKDIR /srv/hyoka
USER hyoka
CMD ["hyoka", "--help"]
