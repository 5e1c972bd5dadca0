"""The page's clock against the server's."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from reporting.timing_definitions import corrected
from tests.timing_definitions.ledgers import at, event


def client(kind, said, arrived, page="p"):
    return event(kind, said, page=page, received_at=at(arrived))


def moments(events):
    return sorted(round((e.at - at(0)).total_seconds(), 6) for e in corrected(events))


def test_what_arrived_in_time_stays():
    assert moments([client("input", 1, 5), client("input", 4, 5)]) == [1, 4]


def test_a_page_cannot_tell_of_the_future():
    assert moments([client("input", 100, 50), client("sign_pressed", 110, 60)]) == [50, 60]


def test_a_clock_that_stood_still_in_sleep_is_put_right():
    events = [client("input", 1, 2), client("input", 10, 611), client("sign_pressed", 20, 621)]
    assert moments(events) == [1, 611, 621]


def test_events_kept_back_by_a_lost_network_stay():
    events = [client("input", 1, 300), client("input", 100, 300), client("sign_pressed", 299, 300)]
    assert moments(events) == [1, 100, 299]


def test_pages_have_their_own_clocks_and_the_server_is_right():
    events = [client("input", 100, 50), client("input", 30, 31, page="q"), event("signed", 70)]
    assert moments(events) == [30, 50, 70]


PAGES = st.lists(
    st.tuples(st.integers(0, 3600), st.integers(-100, 3600), st.sampled_from("pq")), max_size=20
)


@given(PAGES, st.randoms())
def test_it_keeps_the_order_within_a_page_and_nothing_is_after_its_arrival(rows, random):
    events = [client("input", s, s + d, page) for s, d, page in rows]
    shuffled = random.sample(events, len(events))
    assert moments(shuffled) == moments(events)
    after = corrected(events)
    assert all(e.at <= e.received_at for e in after)
    for page in "pq":
        said = sorted(e.at for e in events if e.page == page)
        now = sorted(e.at for e in after if e.page == page)
        gaps = [b - a for a, b in zip(said, now, strict=True)]
        assert gaps == sorted(gaps) or all(gap <= timedelta(0) for gap in gaps)
