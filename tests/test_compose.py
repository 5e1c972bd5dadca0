"""docker-compose.yml against the Compose specification's own schema; no engine runs it here."""

import json
from pathlib import Path

import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
# From compose-spec (Apache-2.0), see tests/data/compose-spec.LICENSE.
SCHEMA = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text())


def test_it_fits_the_schema():
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(COMPOSE)] == []


def test_the_schema_can_refuse():
    broken = {**COMPOSE, "services": {"web": {"imagge": "x"}}}
    assert list(Draft7Validator(SCHEMA).iter_errors(broken))


def test_nothing_listens_beyond_loopback():
    ports = [p for service in COMPOSE["services"].values() for p in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_long_running_service_has_a_health_check():
    services = {n: s for n, s in COMPOSE["services"].items() if "profiles" not in s}
    assert set(services) == {"postgres", "valkey", "web", "worker-gpu", "worker-light"}
    assert all("healthcheck" in service for service in services.values())


def test_secrets_come_from_files_outside_repository_and_image():
    ignored = (ROOT / ".gitignore").read_text().split()
    assert "/secrets/" in ignored
    assert {"secrets", ".env"} <= set((ROOT / ".dockerignore").read_text().split())
    assert all(s["file"].startswith("./secrets/") for s in COMPOSE["secrets"].values())
    named = [n for s in COMPOSE["services"].values() for n in s.get("environment", {})]
    assert not {"SECRET_KEY", "DATABASE_URL", "POSTGRES_PASSWORD"} & set(named)


def test_the_gpu_worker_reserves_a_gpu():
    devices = COMPOSE["services"]["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["driver"] == "nvidia"
    assert devices[0]["capabilities"] == ["gpu"]
