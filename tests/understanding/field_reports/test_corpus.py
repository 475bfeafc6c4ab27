"""The shared cases of field reports, with figures and thresholds."""

from __future__ import annotations

from tests.understanding.field_reports.corpus import Figures, corpus


def test_the_shared_reports_are_read_rightly_at_once_or_after_one_yes() -> None:
    figures = Figures.of(corpus()["cases"])
    print(f"\nfield reports: {figures}", *figures.missed, sep="\n")
    assert figures.cases == 311
    assert figures.right / figures.wanted >= 0.99
    assert figures.booked_wrongly == 0
    assert figures.exact / figures.cases >= 0.98
    assert figures.problems_right / figures.cases >= 0.98
