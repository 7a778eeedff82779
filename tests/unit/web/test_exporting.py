import re
from html.parser import HTMLParser

import pytest

from holdfast.core.errors import BadInput
from holdfast.web.exporting import MARK, write_site
from holdfast.web.site import Site
from report_findings import ATTACKS


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in {"href", "src", "action"} and value:
                self.found.append(value)
            if name == "id":
                self.ids.add(value)


@pytest.fixture(scope="module")
def written(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "site"
    write_site(Site(store), folder)
    return folder


def test_every_link_leads_to_a_file_beside_it(written):
    pages = sorted(written.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        links = Links(page.read_text("utf-8"))
        for link in links.found:
            if re.match(r"https?://|data:|#", link):
                continue
            assert not link.startswith("/"), (page, link)
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve()
            assert target.is_file(), (page.name, link)
            assert target.is_relative_to(written.resolve())
            assert not anchor or anchor in Links(target.read_text("utf-8")).ids, (page.name, link)


def test_no_page_holds_script_forms_or_data_as_markup(written):
    for page in written.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "<script" not in text
        assert "Content-Security-Policy" in text
        assert not re.search("<(form|input|button|select|textarea)[ >]", text), page.name
        assert not [one for one in ATTACKS if "<" in one and one in text]


def test_only_a_folder_of_its_own_is_replaced(store, written, tmp_path):
    (written / "old.html").write_text("old")
    write_site(Site(store), written)
    assert not (written / "old.html").exists()
    assert (written / MARK).is_file()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    link = tmp_path / "link"
    link.symlink_to(written)
    for place in (mine, mine / "thesis.txt", link):
        with pytest.raises(BadInput):
            write_site(Site(store), place)
    assert (mine / "thesis.txt").read_text() == "years of work"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert write_site(Site(store), empty).runs == 5


def test_a_folder_that_cannot_be_written_is_told(store, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot write the pages"):
        write_site(Site(store), tmp_path / "file" / "site")
