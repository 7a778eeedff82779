from holdfast.core.finding import Picture, Pictures
from holdfast.core.record import InputRecord
from holdfast.report.galleries import MOST_PHOTOS, gallery
from report_findings import png, shaded

DOT = png(shaded(0, 8))


def test_groups_stay_whole_and_the_rest_is_counted():
    groups = tuple((Picture(png=DOT, title="a"), Picture(png=DOT, title="b")) for _ in range(20))
    shown = gallery(Pictures(caption="pairs", groups=groups), ())
    assert [len(group) for group in shown.groups] == [2] * (MOST_PHOTOS // 2)
    assert shown.more == "8 more groups in the record."


def test_a_picture_without_a_title_is_named_by_its_place():
    source = InputRecord(name="pets.csv", start=0, stop=9, digest="", first_row=2)
    shown = gallery(Pictures(caption="one", groups=((Picture(png=DOT, title="", row=3),),)), (source,))
    assert shown.groups[0][0].title == "pets.csv:5"


def test_what_is_no_png_is_not_shown():
    shown = gallery(Pictures(caption="x", groups=((Picture(png="PHN2Zz48", title="svg"),),)), ())
    assert shown.groups == ()
