"""Names of files as strangers write them, and what a file is by its first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.file_names import safe_name
from conversations.file_types import PICTURES, SHOWN, UNKNOWN, name_for, type_of


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("argo.jpg", "argo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
        ("fattura\r\nSet-Cookie: a=b.pdf", "fattura Set-Cookie_ a=b.pdf"),
        ("ann\u202egpj.exe", "anngpj.exe"),
        (".htaccess", "htaccess"),
        ("..", ""),
        ("/", ""),
        ('a"b.pdf', "a_b.pdf"),
        ("  ricevuta   di\tqui .pdf", "ricevuta di qui .pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_leads_nowhere_and_hides_nothing(told, shown):
    assert safe_name(told) == shown


@given(st.text(max_size=200))
def test_no_name_holds_a_path_or_a_control_sign(told):
    name = safe_name(told)

    assert len(name) <= 120
    assert not set(name) & set('/\\\r\n\0"')
    assert name not in {".", ".."}


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x18ftypheic\x00", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1\x00", "image/heic"),
        (b"\x00\x00\x00\x18ftypisom\x00", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A \x00", "audio/mp4"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\x03", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<html><script>", UNKNOWN),
        (b'<?xml version="1.0"?><svg onload="alert(1)">', UNKNOWN),
        (b"\xff\xfe<\x00h\x00t\x00m\x00l\x00", UNKNOWN),
        (b"MZ\x90\x00", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_the_first_bytes_say_what_a_file_is(head, found):
    assert type_of(head) == found


def test_what_lies_in_a_zip_is_told_by_the_name_and_never_shown():
    word = type_of(b"PK\x03\x04....", name="Listino.DOCX")

    assert word.endswith("wordprocessingml.document")
    assert word not in SHOWN


def test_a_picture_that_browsers_do_not_show_is_no_picture_of_a_page():
    assert "image/heic" not in PICTURES


@given(st.binary(max_size=64))
def test_whatever_a_file_is_nothing_that_runs_is_shown(head):
    assert type_of(head) not in {"text/html", "image/svg+xml", "application/xml", "text/xml"}


@pytest.mark.parametrize(
    ("name", "kind", "saved"),
    [
        ("", "image/jpeg", "allegato-7.jpg"),
        ("foto.JPEG", "image/jpeg", "foto.JPEG"),
        ("foto.exe", "image/png", "foto.exe.png"),
        ("listino", UNKNOWN, "listino"),
    ],
)
def test_a_file_is_saved_under_a_name_that_fits_its_type(name, kind, saved):
    assert name_for(name, kind, fallback="allegato-7") == saved
