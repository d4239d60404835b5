"""One file over HTTP: in pieces, never more than allowed, wherever it leads checked again."""

import io

import pytest
from urllib3 import HTTPSConnectionPool

from spoki.files.addresses import AddressRefused, Target
from spoki.files.download import DownloadFailed, Limits, _host_header, _pool, download
from tests.spoki.files.server import PNG, answer

LIMITS = Limits(most=10_000, seconds=30)


def fetch(files, url, *, limits=LIMITS, **given):
    into = io.BytesIO()
    fetched = download(url, into, rules=files.rules, limits=limits, **given)
    return fetched, into.getvalue()


def failure(files, url, **given):
    with pytest.raises(DownloadFailed) as failed:
        fetch(files, url, **given)
    return failed.value.reason, failed.value.is_final


def test_a_file_is_written_whole_with_its_first_bytes(files):
    fetched, body = fetch(files, files.serve("/a.png"))

    assert body == PNG
    assert (fetched.size, fetched.head) == (len(PNG), PNG[:64])


def test_neither_the_key_nor_anything_else_of_ours_is_sent_along(files):
    fetch(files, files.serve("/a.png"))

    assert set(files.headers[0]) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


def test_a_redirect_is_followed_where_it_may_lead(files):
    files.serve("/b.png")
    url = files.refuse("/a.png", 302, Location="/b.png")

    assert fetch(files, url)[1] == PNG
    assert files.asked == ["/a.png", "/b.png"]


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("https://evil.com/a.png", "host_unknown"),
        ("http://127.0.0.1:1/a.png", "host_unknown"),
        ("http://169.254.169.254/latest/meta-data/", "host_unknown"),
        ("https://media.spoki.com/a.png", "private_address"),
        ("file:///etc/passwd", "address_unreadable"),
    ],
)
def test_a_redirect_to_elsewhere_is_refused_like_a_first_address(files, to, reason):
    url = files.refuse("/a.png", 302, Location=to)

    with pytest.raises(AddressRefused) as refused:
        fetch(files, url, resolve=lambda host, port: ["10.0.0.8"])

    assert refused.value.reason == reason
    assert files.asked == ["/a.png"]


def test_an_address_that_only_leads_to_others_is_given_up(files):
    url = files.refuse("/a.png", 302, Location="/a.png")

    with pytest.raises(AddressRefused, match="too_many_redirects"):
        fetch(files, url)
    assert len(files.asked) == 4


def test_a_file_that_says_that_it_is_too_big_is_not_read(files):
    assert failure(files, files.serve("/a.png", b"x" * 10_001)) == ("too_big", True)


def test_a_file_that_lies_about_its_size_is_cut_at_the_cap(files):
    def endless(request):
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(1_000):
                request.wfile.write(b"x" * 1_000)
        except OSError:
            pass

    files.answers["/a.png"] = endless
    into = io.BytesIO()

    with pytest.raises(DownloadFailed, match="too_big"):
        download(f"{files.origin}/a.png", into, rules=files.rules, limits=LIMITS)
    assert len(into.getvalue()) <= 10_000


def test_an_empty_file_is_none(files):
    assert failure(files, files.serve("/a.png", b"")) == ("empty", True)


def test_a_file_that_breaks_off_is_asked_for_again(files):
    url = files.serve("/a.png", PNG, Content_Length=str(len(PNG) + 5))

    assert failure(files, url) == ("cut_short", False)


def test_a_file_that_comes_too_slowly_is_put_off(files):
    moments = iter([0.0, *[31.0] * 50])

    assert failure(files, files.serve("/a.png"), clock=lambda: next(moments)) == ("too_slow", False)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (404, ("gone", True)),
        (410, ("gone", True)),
        (403, ("not_allowed", True)),
        (500, ("unreachable", False)),
        (206, ("unreachable", False)),
    ],
)
def test_what_is_no_file_says_whether_asking_again_helps(files, status, found):
    assert failure(files, files.refuse("/a.png", status)) == found


def test_a_server_that_is_away_is_asked_again(files):
    url = files.serve("/a.png")
    files.close()

    assert failure(files, url) == ("unreachable", False)


def test_what_is_wrong_never_shows_the_address_which_is_a_key(files):
    with pytest.raises(DownloadFailed) as failed:
        fetch(files, files.refuse("/geheim?sig=abc", 500))

    assert "geheim" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_the_certificate_must_be_that_of_the_name_whatever_number_is_dialled():
    pool = _pool(Target("https", "media.spoki.com", 443, "93.184.216.34", "/a"))

    assert isinstance(pool, HTTPSConnectionPool)
    assert (pool.host, pool.port) == ("93.184.216.34", 443)
    assert (pool.assert_hostname, pool.cert_reqs) == ("media.spoki.com", "CERT_REQUIRED")
    assert pool.conn_kw["server_hostname"] == "media.spoki.com"


def test_the_server_is_told_the_name_it_was_asked_by():
    assert _host_header(Target("https", "a.it", 443, "1.2.3.4", "/")) == "a.it"
    assert _host_header(Target("http", "::1", 8090, "::1", "/")) == "[::1]:8090"


def test_a_part_of_an_answer_is_no_answer(files):
    files.answers["/a.png"] = lambda request: answer(request, 200, b"", Transfer_Encoding="chunked")

    reason, is_final = failure(files, f"{files.origin}/a.png")

    assert (reason, is_final) == ("cut_short", False)
