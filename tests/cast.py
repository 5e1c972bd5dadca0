"""The people of the tests, by name."""

from dataclasses import dataclass

from reporting.models import Site, User

PASSWORD = "only-in-tests-4711"


@dataclass(frozen=True, slots=True)
class Cast:
    """Two sites and one person for each point of view."""

    north: Site
    south: Site
    alice: User
    bob: User
    carol: User
    dave: User
    erin: User
    frank: User
    grace: User
    heidi: User


def cast_new() -> Cast:
    """Store the cast: alice and dave read at NORTH, bob at SOUTH; the rest are at NORTH."""
    north = Site.objects.create(code="NORTH", name="North Hospital")
    south = Site.objects.create(code="SOUTH", name="South Clinic")
    role = User.Role
    return Cast(
        north=north,
        south=south,
        alice=_person("alice", role.RADIOLOGIST, north),
        bob=_person("bob", role.RADIOLOGIST, south),
        carol=_person("carol", role.COORDINATOR, north),
        dave=_person("dave", role.RADIOLOGIST, north),
        erin=_person("erin", role.RESIDENT, north),
        frank=_person("frank", role.RATER, north),
        grace=_person("grace", role.TEMPLATE_AUTHOR, north),
        heidi=_person("heidi", role.ADMIN, north),
    )


def _person(name: str, role: User.Role, site: Site) -> User:
    is_admin = role == User.Role.ADMIN
    person = User.objects.create_user(
        name,
        password=PASSWORD,
        first_name=name.title(),
        last_name="Test",
        role=role,
        is_staff=is_admin,
        is_superuser=is_admin,
    )
    person.sites.add(site)
    return person
