"""Give the role of web and worker exactly what it needs; run by the owner after migrate."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg import sql

from reporting.checks import APPEND_ONLY_TABLES

GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "REVOKE CREATE ON SCHEMA {schema} FROM {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
APPEND_ONLY = "REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}"


class Command(BaseCommand):
    """manage.py database_grants [--role concludo_web]; running it again changes nothing."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the role and the connection of the owner."""
        alias = "owner" if "owner" in settings.DATABASES else DEFAULT_DB_ALIAS
        parser.add_argument("--role", default=settings.DATABASE_WEB_ROLE)
        parser.add_argument("--database", default=alias)

    def handle(self, *, role: str, database: str, **options: Any) -> None:
        """Grant, in one transaction. Raises CommandError when the role cannot be restricted."""
        with connections[database].cursor() as cursor, transaction.atomic(using=database):
            cursor.execute("SELECT current_schema(), current_user")
            schema, owner = cursor.fetchone()
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
            found = cursor.fetchone()
            if found is None:
                raise CommandError(f"There is no role {role}. Create it first.")
            cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [role, owner])
            if found[0] or cursor.fetchone()[0]:
                raise CommandError(
                    f"{role} is a superuser or a member of {owner}: it could undo every guard."
                )
            names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
            for statement in GRANTS:
                cursor.execute(sql.SQL(statement).format(**names))
            for table in APPEND_ONLY_TABLES:
                cursor.execute(
                    sql.SQL(APPEND_ONLY).format(table=sql.Identifier(table), role=names["role"])
                )
        self.stdout.write(f"{role} may read and write; what is append-only it may only add to.")
